using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>The directories of a VM: its sockets go with it, its logs stay.</summary>
internal sealed class PathsReservation(VmPaths places) : IAsyncDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public void Create()
    {
        try
        {
            PrivateDirectory.Ensure(places.Runtime, Private);
            Directory.CreateDirectory(places.Logs, Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
            Directory.CreateDirectory(VmLogPaths.Of(places.Directories, places.Id).Directory, Private);
            File.Delete(places.VmmLog);
            File.Delete(places.DeviceLog);
            File.Delete(places.NetworkLog);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"The directories of VM '{places.Id}' cannot be prepared ({places.Runtime}, {places.Logs}): {refused.Message}", refused);
        }
    }

    public ValueTask DisposeAsync()
    {
        Delete(places.GuestSocket);
        if (Directory.Exists(places.Runtime))
        {
            Directory.Delete(places.Runtime, recursive: true);
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
