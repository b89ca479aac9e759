using VmTools.Linux;
using VmTools.Linux.Memory;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// All that a VM's configuration names, opened: disks, kernel and initramfs, the sockets on which it is controlled, and its connections to
/// the device and the console. A VMM that gets these descriptors opens no file of the user's itself, so it may run as a user that
/// could not. Ours are closed with this object, the VMM's with the VMM.
/// </summary>
internal sealed class VmmFiles : IDisposable
{
    private readonly List<FdHandle> _opened = [];
    private readonly List<FdHandle> _passed;

    private readonly bool _isForAnother;

    private VmmFiles(VmmConfiguration original, bool isForAnother) =>
        (_passed, Configuration, _isForAnother) = ([.. original.PassFds], original, isForAnother);

    /// <summary>The same VM, with a descriptor's path in the place of each other one.</summary>
    public VmmConfiguration Configuration { get; private set; }

    /// <summary>The files that the VMM opens anew by their descriptors' paths, as it reads them by a name.</summary>
    public IEnumerable<FdHandle> Reopened =>
        new[] { Configuration.Kernel, Configuration.Initramfs }.OfType<string>()
            .Select(path => PassedFd.IndexIn(path)).OfType<int>().Select(index => _passed[index]);

    /// <summary>Opens all that a configuration names. What a VMM of another user opens anew is copied where only we may read it.</summary>
    /// <exception cref="VmToolsException">One of them cannot be opened.</exception>
    public static VmmFiles Open(VmmConfiguration configuration, bool isForAnother)
    {
        var files = new VmmFiles(configuration, isForAnother);
        try
        {
            files.OpenAll(configuration);
            return files;
        }
        catch (LinuxException refused)
        {
            files.Dispose();
            throw new VmToolsException(
                ErrorKind.Unavailable, $"What the VMM of VM '{configuration.Name}' needs cannot be opened: {refused.Message}.", refused);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public void Dispose() => _opened.ForEach(file => file.Dispose());

    private void OpenAll(VmmConfiguration original) => Configuration = original with
    {
        Kernel = Pass(Readable(Open(original.Kernel, OpenFlags.ReadOnly))),
        Initramfs = original.Initramfs is { } initramfs ? Pass(Readable(Open(initramfs, OpenFlags.ReadOnly))) : null,
        RootDisk = Pass(Open(original.RootDisk, original.RootIsWritable ? OpenFlags.ReadWrite : OpenFlags.ReadOnly)),
        RootDiskName = NameOf(original.RootDisk),
        Disks =
        [
            .. original.Disks.Select(disk => disk with
            {
                Name = NameOf(disk.Path),
                Path = Pass(Open(disk.Locked ?? disk.Path, disk.IsReadOnly ? OpenFlags.ReadOnly : OpenFlags.ReadWrite)),
            }),
        ],
        ControlSocket = Pass(UnixSocket.Listen(original.ControlSocket, backlog: 1, FileModes.OwnerReadsAndWrites)),
        EventSocket = original.EventSocket is { } events
            ? Pass(UnixSocket.Listen(events, backlog: 1, FileModes.OwnerReadsAndWrites))
            : null,
        VsockSocket = Pass(UnixSocket.Connect(original.VsockSocket)),
        ConsoleSocket = original.ConsoleSocket is { } console ? Pass(UnixSocket.Connect(console)) : null,
        PassFds = _passed,
    };

    /// <summary>What the caller passed is opened anew all the same: a VMM takes a descriptor only for what it is open for.</summary>
    private FdHandle Open(string path, OpenFlags flags) =>
        FdHandle.Open(PassedFd.IndexIn(path) is { } index ? $"/proc/self/fd/{_passed[index].DangerousGetHandle()}" : path, flags);

    private static string? NameOf(string path) => PassedFd.NumberIn(path) is null ? path : null;

    private FdHandle Readable(FdHandle file)
    {
        var status = FileStatus.Of(file);
        if (!_isForAnother || (status.Mode & UnixFileMode.OtherRead) != 0)
        {
            return file;
        }

        using (file)
        {
            return MemFd.CopyOf(file, status.Size);
        }
    }

    private string Pass(FdHandle file)
    {
        _opened.Add(file);
        _passed.Add(file);
        return PassedFd.PathOf(_passed.Count - 1);
    }
}
