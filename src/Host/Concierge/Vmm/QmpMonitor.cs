using System.Text.Json;
using VmTools.Host.Concierge.Vmm.Qmp;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>QEMU's events (QEMU QMP Reference Manual: RunState, BlockInfo, BLOCK_IO_ERROR, SHUTDOWN) on a monitor of their own.</summary>
internal sealed class QmpMonitor(QmpClient client) : IVmmMonitor
{
    public async Task<VmmPause?> PauseAsync(CancellationToken cancel)
    {
        var status = await client.ExecuteAsync("query-status", cancel);
        return QmpMessage.TextOf(status, "status") switch
        {
            "running" => null,
            "io-error" => await DiskPauseAsync(cancel),
            "paused" => new VmmPause(VmmPauseCause.Asked),
            var other => new VmmPause(VmmPauseCause.Other) { Detail = other ?? "without a word" },
        };
    }

    public async Task<VmmEvent> NextEventAsync(CancellationToken cancel)
    {
        var message = await client.NextEventAsync(cancel);
        return message.Text switch
        {
            "STOP" => new VmmEvent(VmmEventKind.Stopped),
            "RESUME" => new VmmEvent(VmmEventKind.Resumed),
            "BLOCK_IO_ERROR" => new VmmEvent(
                VmmEventKind.DiskError,
                $"{QmpMessage.TextOf(message.Body, "operation") ?? "access"} of "
                + $"{QmpMessage.TextOf(message.Body, "node-name") ?? "a disk"}: "
                + QmpMessage.TextOf(message.Body, "reason")),
            "SHUTDOWN" => new VmmEvent(VmmEventKind.ShuttingDown, QmpMessage.TextOf(message.Body, "reason") ?? ""),
            "GUEST_PANICKED" or "WATCHDOG" => new VmmEvent(VmmEventKind.Panicked, message.Text),
            _ => new VmmEvent(VmmEventKind.Other, message.Text),
        };
    }

    public async Task ContinueAsync(CancellationToken cancel) => await client.ExecuteAsync("cont", cancel);

    public ValueTask DisposeAsync() => client.DisposeAsync();

    /// <summary>Which disk it was stands in the state of the disks, also for a daemon that came after the event.</summary>
    private async Task<VmmPause> DiskPauseAsync(CancellationToken cancel)
    {
        var disks = await client.ExecuteAsync("query-block", cancel);
        if (disks.ValueKind != JsonValueKind.Array)
        {
            throw new VmToolsException(ErrorKind.Internal, "QEMU did not tell the state of its disks.");
        }

        VmmPause? failed = null;
        foreach (var disk in disks.EnumerateArray())
        {
            switch (QmpMessage.TextOf(disk, "io-status"))
            {
                case "nospace":
                    return new VmmPause(VmmPauseCause.DiskFull, FileOf(disk));
                case "failed":
                    failed ??= new VmmPause(VmmPauseCause.DiskError, FileOf(disk));
                    break;
                default:
                    break;
            }
        }

        return failed ?? new VmmPause(VmmPauseCause.DiskError);
    }

    private static string? FileOf(JsonElement disk) =>
        disk.TryGetProperty("inserted", out var inserted) ? QmpMessage.TextOf(inserted, "file") : null;
}
