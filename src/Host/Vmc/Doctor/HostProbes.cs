using VmTools.Host.HostFacts;
using VmTools.Host.Programs;
using VmTools.Host.Sandbox;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>The real machine.</summary>
internal sealed class HostProbes(Func<string, string?> environment) : IHostProbes
{
    private static readonly string ProbeName = $".doctor.{Processes.CurrentId}";

    public AcceleratorChoice Accelerator => AcceleratorChoice.Make(environment);

    public VmmChoice ChooseVmm() => VmmChoice.Make(environment);

    public string? FindNetwork() => HostProgram.Slirp.TryFind(environment);

    public string? TryWrite(string directory) => Try(Path.Combine(directory, ProbeName), path =>
    {
        Directory.CreateDirectory(directory, FileModes.OwnerDoesAll);
        using var held = FileLock.TryTake(path);
    });

    public string? TrySocket(string directory) => Try(
        Path.Combine(directory, ProbeName), static path =>
            UnixSocket.Listen(path, backlog: 1, FileModes.OwnerReadsAndWrites).Dispose());

    public bool IsKnownUser(uint uid) => Users.IsKnown(uid);

    public KernelLayers Layers => KernelLayers.Ask();

    public long? AvailableMiB => new HostMemory().AvailableMiB();

    public string? NoOwnVmmUser => VmmUser.WhyNot;

    public string? FindProgram(string name) => new ProgramFinder(environment).Find(name);

    public bool Exists(string path) => Path.Exists(path);

    public Errno TryOpen(string path)
    {
        try
        {
            FdHandle.Open(path, OpenFlags.ReadWrite).Dispose();
            return Errno.None;
        }
        catch (LinuxException refused)
        {
            return refused.Errno;
        }
    }

    public string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public long FreeBytes(string path)
    {
        var place = path;
        while (!Directory.Exists(place) && Path.GetDirectoryName(place) is { Length: > 0 } parent)
        {
            place = parent;
        }

        return new DriveInfo(place).AvailableFreeSpace;
    }

    private static string? Try(string path, Action<string> make)
    {
        try
        {
            make(path);
            File.Delete(path);
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return refused.Message;
        }
    }
}
