using VmTools.Host.Concierge.Vmm;
using VmTools.Linux;
using VmTools.Linux.Memory;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vmm;

public sealed class VmmFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FdHandle _device;
    private readonly FdHandle _console;
    private readonly VmmConfiguration _configuration;

    public VmmFilesTests()
    {
        foreach (var name in (string[])["kernel", "initramfs", "root", "data"])
        {
            File.WriteAllText(_directory.File(name), name);
            File.SetUnixFileMode(_directory.File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        _device = UnixSocket.Listen(_directory.File("vsock"), 1, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _console = UnixSocket.Listen(_directory.File("console"), 1, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _configuration = VmmConfigurations.Plain with
        {
            Kernel = _directory.File("kernel"),
            Initramfs = _directory.File("initramfs"),
            RootDisk = _directory.File("root"),
            Disks = [new VmmDisk(_directory.File("data"), IsReadOnly: false)],
            ControlSocket = _directory.File("control"),
            EventSocket = _directory.File("events"),
            VsockSocket = _directory.File("vsock"),
            ConsoleSocket = _directory.File("console"),
        };
    }

    [Fact]
    public void Every_file_and_socket_has_a_descriptors_path_in_the_order_of_the_descriptors()
    {
        using var files = VmmFiles.Open(_configuration, isForAnother: false);
        var named = files.Configuration;

        string[] paths = [named.Kernel, named.Initramfs!, named.RootDisk, named.Disks[0].Path, named.ControlSocket, named.EventSocket!,
            named.VsockSocket, named.ConsoleSocket!];

        Assert.Equal(Enumerable.Range(3, 8), paths.Select(path => PassedFd.NumberIn(path)!.Value));
        Assert.Equal(8, named.PassFds.Count);
        Assert.True(File.Exists(_configuration.ControlSocket));
    }

    [Fact]
    public void A_disk_is_open_for_what_the_VM_may_do_with_it()
    {
        using var files = VmmFiles.Open(_configuration, isForAnother: false);

        Assert.Equal(Errno.EBADF, Fd.TryWriteAt(files.Configuration.PassFds[2], "x"u8, 0, out _));
        Assert.Equal(Errno.None, Fd.TryWriteAt(files.Configuration.PassFds[3], "x"u8, 0, out _));
    }

    [Fact]
    public void What_the_caller_passed_comes_first_and_is_opened_anew()
    {
        using var root = FdHandle.Open(_directory.File("root"), OpenFlags.ReadWrite);

        using var files = VmmFiles.Open(_configuration with { RootDisk = PassedFd.PathOf(0), PassFds = [root] }, isForAnother: false);

        Assert.Same(root, files.Configuration.PassFds[0]);
        var passed = files.Configuration.PassFds[PassedFd.IndexIn(files.Configuration.RootDisk)!.Value];
        Assert.Equal(Errno.EBADF, Fd.TryWriteAt(passed, "x"u8, 0, out _));
    }

    [Fact]
    public void Another_user_gets_a_copy_of_a_kernel_that_only_we_may_read()
    {
        using var files = VmmFiles.Open(_configuration, isForAnother: true);
        var kernel = files.Configuration.PassFds[0];

        Span<byte> content = stackalloc byte[16];
        Assert.Equal(Errno.None, Fd.TryReadAt(kernel, content, 0, out var count));
        Assert.Equal("kernel"u8.ToArray(), content[..count].ToArray());
        Assert.True(FileStatus.Of(kernel).Mode.HasFlag(UnixFileMode.OtherRead));
        Assert.Equal(SealFlags.Shrink, MemFd.SealsOf(kernel));
    }

    [Fact]
    public void A_device_that_is_gone_is_told()
    {
        _device.Dispose();

        var error = Assert.Throws<VmToolsException>(() => VmmFiles.Open(_configuration, isForAnother: false));

        Assert.Contains("ECONNREFUSED", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _device.Dispose();
        _console.Dispose();
        _directory.Dispose();
    }
}
