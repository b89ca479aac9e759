using System.Buffers;
using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Logs;

/// <summary>
/// GetVmLogs: all that a VM's kernel, programs and console said, by time, oldest first. Too much of it loses its beginning.
/// </summary>
internal sealed class GetVmLogs(InstanceDirectories directories, TimeProvider clock, long mostBytes = GetVmLogs.MostBytes)
{
    public const long MostBytes = 30L << 20;

    /// <summary>The lines, with so many bytes before them as the caller has a use for.</summary>
    public Memory<byte> Run(VmId id, int reserved)
    {
        var paths = VmLogPaths.Of(directories, id);
        try
        {
            var newest = new LogWindow(mostBytes, reserved);
            var line = new ArrayBufferWriter<byte>();
            foreach (var record in LogMerge.ByTime(
                Enum.GetValues<LogSource>().Select(source => new LogHistory(source, paths.FileOf(source), clock.LocalTimeZone).Read())))
            {
                line.ResetWrittenCount();
                record.Line.WriteTo(line);
                newest.Add(line.WrittenSpan);
            }

            return newest.WithReserve;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(ErrorKind.Internal, $"The log in {paths.Directory} cannot be read: {refused.Message}", refused);
        }
    }
}
