using System.Text.Json;
using Microsoft.Extensions.Logging;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// The records of the running VMs, one file each, written whole. A file that cannot be read as a record is put aside under
/// another name, so that it neither keeps vm_concierge from starting nor is lost to a person who looks for the cause.
/// </summary>
internal sealed partial class VmRecords(string directory, string bootId, ILogger log)
{
    private const string QuarantineExtension = ".broken";

    private readonly Lock _lock = new();

    public string BootId => bootId;

    public VmRecord Write(VmRecord record)
    {
        try
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(record, VmRecordJson.Default.VmRecord);
            AtomicFile.Write(PathOf(record.Id), bytes, FileModes.OwnerReadsAndWrites);
            return record;
        }
        catch (IOException full)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"The record of VM '{record.Name}' cannot be written to {directory}. Make room there and try again.", full);
        }
    }

    /// <summary>Changes the record of the VM that has this CID; where its record is gone, it stays gone.</summary>
    public void Change(VmId id, Cid cid, Func<VmRecord, VmRecord> change)
    {
        lock (_lock)
        {
            if (File.Exists(PathOf(id)) && TryRead(PathOf(id)) is { } record && record.Cid == cid.Value)
            {
                Write(change(record));
            }
        }
    }

    public void Remove(VmId id)
    {
        lock (_lock)
        {
            File.Delete(PathOf(id));
        }
    }

    public IReadOnlyList<VmRecord> ReadAll() =>
    [
        .. Directory.EnumerateFiles(directory, "*" + VmRecord.Extension).Order(StringComparer.Ordinal).Select(TryRead).OfType<VmRecord>(),
    ];

    private VmRecord? TryRead(string path)
    {
        try
        {
            var record = JsonSerializer.Deserialize(SmallFile.Read(path, VmRecord.MostBytes), VmRecordJson.Default.VmRecord);
            if (record is not null && IsSound(record) && PathOf(record.Id) == path)
            {
                return record;
            }
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException or VmToolsException)
        {
            LogBroken(path, broken.Message);
        }

        File.Move(path, path + QuarantineExtension, overwrite: true);
        LogQuarantined(path);
        return null;
    }

    private static bool IsSound(VmRecord record) =>
        new Cid(record.Cid).IsGuest
        && record.Vmm is null or { Pid: > 1 }
        && record.Device is null or { Pid: > 1 };

    private string PathOf(VmId id) => Path.Combine(directory, VmRecord.FileNameOf(id));

    [LoggerMessage(3040, LogLevel.Debug, "The record {Path} cannot be read: {Why}")]
    private partial void LogBroken(string path, string why);

    [LoggerMessage(3041, LogLevel.Warning, "The record {Path} is broken and was put aside; a VM it described is not taken back")]
    private partial void LogQuarantined(string path);
}

/// <summary>The record of a VM, removed with it.</summary>
internal sealed class RecordReservation(VmRecords records, VmId id) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        records.Remove(id);
        return ValueTask.CompletedTask;
    }
}
