using System.Globalization;
using System.Text;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;

namespace VmTools.Protocol.Vsock;

/// <summary>
/// The registered devices as files: device.CID holds the process id and start time of the device that speaks for that
/// guest. The pair names one process for ever, so a process that got the number of a dead device is not taken for it.
/// </summary>
public sealed class DeviceDirectory : IDeviceRegistry
{
    private const int MostBytes = 64;

    private readonly string _directory;
    private readonly uint _owner;
    private readonly Func<int, long?> _startTimeOf;

    /// <summary>The devices of the calling user, registered in this directory.</summary>
    public DeviceDirectory(string directory)
        : this(directory, Users.EffectiveId, Processes.StartTimeOf)
    {
    }

    internal DeviceDirectory(string directory, uint owner, Func<int, long?> startTimeOf)
    {
        _directory = directory;
        _owner = owner;
        _startTimeOf = startTimeOf;
    }

    /// <summary>From now on this process speaks for the guest, in the place of the one before.</summary>
    public void Register(Cid cid, int pid, long startTime)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{pid} {startTime}\n");
        AtomicFile.Write(PathOf(cid), Encoding.ASCII.GetBytes(line), FileModes.OwnerReadsAndWrites);
    }

    /// <summary>No process speaks for the guest any more.</summary>
    public void Unregister(Cid cid) => File.Delete(PathOf(cid));

    public bool Speaks(Cid cid, int pid, uint uid) =>
        uid == _owner
        && TryRead(PathOf(cid), out var registered, out var startTime)
        && registered == pid
        && _startTimeOf(pid) == startTime;

    private string PathOf(Cid cid) => Path.Combine(_directory, $"device.{cid}");

    private static bool TryRead(string path, out int pid, out long startTime)
    {
        pid = 0;
        startTime = 0;
        try
        {
            var words = Encoding.ASCII.GetString(SmallFile.Read(path, MostBytes)).TrimEnd('\n').Split(' ');
            return words.Length == 2
                && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out pid)
                && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out startTime);
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
