namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>What can happen next.</summary>
internal enum ModelAction
{
    HostOpens,
    GuestOpens,
    HostWrites,
    HostReads,
    HostEnds,
    HostStopsReading,
    HostCloses,
    GuestWrites,
    GuestReads,
    GuestEnds,
    GuestStopsReading,
    GuestCloses,
    GuestAborts,
    GuestLies,
    GuestFloods,
    GuestSendsPackets,
    DeviceTakesPackets,
    DeviceServes,
    GuestTakesPackets,
    LoopReports,
    TimePasses,
    Stops,
    Resumes,
    GuestRestarts,
}
