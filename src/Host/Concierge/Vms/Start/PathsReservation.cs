using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>The directories of a VM: its sockets go with it, its logs stay.</summary>
internal sealed class PathsReservation(VmPaths paths) : IAsyncDisposable
{
    public void Create()
    {
        try
        {
            PrivateDirectory.Ensure(paths.Runtime, FileModes.OwnerDoesAll);
            Directory.CreateDirectory(paths.Logs, FileModes.GroupMayLook);
            Directory.CreateDirectory(VmLogPaths.Of(paths.Directories, paths.Id).Directory, FileModes.OwnerDoesAll);
            File.Delete(paths.VmmLog);
            File.Delete(paths.DeviceLog);
            File.Delete(paths.NetworkLog);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"The directories of VM '{paths.Id}' cannot be prepared ({paths.Runtime}, {paths.Logs}): {refused.Message}", refused);
        }
    }

    public ValueTask DisposeAsync()
    {
        Delete(paths.GuestSocket);
        if (Directory.Exists(paths.Runtime))
        {
            Directory.Delete(paths.Runtime, recursive: true);
        }

        return ValueTask.CompletedTask;
    }

    private static void Delete(string path)
    {
        if (Path.Exists(path))
        {
            File.Delete(path);
        }
    }
}
