using VmTools.Protocol;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>One run of a VM: its CID and the earliest time that one of its records may claim.</summary>
internal readonly record struct LogOrigin(Cid Cid, DateTimeOffset Earliest);
