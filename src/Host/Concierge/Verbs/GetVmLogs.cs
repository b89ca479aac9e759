using System.Buffers;
using System.Text;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Instance;
using VmTools.Host.Logs.Store;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Verbs;

/// <summary>GetVmLogs: all that a VM's kernel, programs and console said, by time, oldest first. Too much of it loses its beginning.</summary>
internal sealed class GetVmLogs(InstanceDirectories directories, TimeProvider clock, long mostBytes = GetVmLogs.MostBytes)
{
    public const long MostBytes = 30L << 20;

    public string Run(VmId id)
    {
        var places = VmPlaces.VmLogsOf(directories, id);
        try
        {
            return Newest(LogMerge.ByTime(Enum.GetValues<LogSource>().Select(source => new LogHistory(source, places.FileOf(source), clock.LocalTimeZone).Read())));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(ErrorKind.Internal, $"The log in {places.Directory} cannot be read: {refused.Message}", refused);
        }
    }

    private string Newest(IEnumerable<StoredRecord> records)
    {
        var kept = new Queue<string>();
        var bytes = 0L;
        var line = new ArrayBufferWriter<byte>();
        foreach (var record in records)
        {
            line.ResetWrittenCount();
            record.Line.WriteTo(line);
            kept.Enqueue(Encoding.UTF8.GetString(line.WrittenSpan));
            bytes += line.WrittenCount;
            while (bytes > mostBytes)
            {
                bytes -= Encoding.UTF8.GetByteCount(kept.Dequeue());
            }
        }

        return string.Concat(kept);
    }
}
