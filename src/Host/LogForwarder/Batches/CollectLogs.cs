using VmTools.Host.LogForwarder.Api;
using VmTools.Protocol;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>Takes a batch of the VM that has this CID into that VM's files.</summary>
internal sealed class CollectLogs(VmDirectory vms, ForwarderCounters counters)
{
    public async Task<CollectOutcome> RunAsync(Cid cid, LogBatch batch, CancellationToken cancel)
    {
        if (vms.TryFind(cid, out var logs, out var origin))
        {
            return await logs.AppendAsync(origin, batch, cancel);
        }

        counters.Unknown();
        return CollectOutcome.UnknownVm;
    }
}
