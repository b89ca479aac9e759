using System.Text;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Host.Instance;

/// <summary>Who calls, and from where: the calling user's instance as a command-line program sees it.</summary>
internal sealed record HostInstance(uint Uid, InstanceDirectories Directories, string ProgramDirectory, TimeProvider Clock)
{
    /// <summary>The longest name below the runtime directory that is a socket: <c>vm.4294967295/control.sock</c>.</summary>
    private const int LongestSocketName = 27;

    public required Func<string, string?> Environment { get; init; }

    /// <summary>The bus on which the daemon of this instance runs, where its record says so.</summary>
    public string? RunningBus { get; init; }

    public OwnerId Owner => OwnerId.ForUser(Uid);

    /// <summary>The instance of the user who runs this program.</summary>
    public static HostInstance OfCaller()
    {
        var programs = Path.GetDirectoryName(System.Environment.ProcessPath) ?? "/";
        var uid = Users.EffectiveId;
        return new HostInstance(
            uid, InstanceDirectories.ForUser(uid, System.Environment.GetEnvironmentVariable, programs), programs, TimeProvider.System)
        {
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }

    /// <summary>Makes the state directory where it is missing.</summary>
    /// <exception cref="VmToolsException">It cannot be made.</exception>
    public void EnsureState()
    {
        try
        {
            Directory.CreateDirectory(Directories.State, FileModes.OwnerDoesAll);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw StateUnusable(refused);
        }
    }

    public VmToolsException StateUnusable(Exception cause) => new(
        ErrorKind.PermissionDenied,
        $"The state directory '{Directories.State}', where disks and logs are kept, cannot be used: {cause.Message}. "
        + "Set VMTOOLS_STATE_DIR to a directory that you can write to.",
        cause);

    /// <summary>Makes the runtime directory, or refuses one that is not ours alone or whose sockets could not be bound.</summary>
    /// <exception cref="VmToolsException">The directory cannot be used.</exception>
    public void EnsureRuntime()
    {
        var path = Directories.Runtime;
        var length = Encoding.UTF8.GetByteCount(path);
        if (length + LongestSocketName > UnixSocket.MaxPathBytes)
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                $"The runtime directory '{path}' is {length} bytes long, and sockets in it would exceed the kernel's "
                + $"{UnixSocket.MaxPathBytes}. "
                + "Set VMTOOLS_RUNTIME_DIR to a shorter path.");
        }

        try
        {
            PrivateDirectory.Ensure(path, FileModes.OwnerDoesAll);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied,
                $"The runtime directory '{path}' cannot be used: it must be a directory of your own that nobody else can write to. "
                + "Set VMTOOLS_RUNTIME_DIR to another one.",
                refused);
        }
    }
}
