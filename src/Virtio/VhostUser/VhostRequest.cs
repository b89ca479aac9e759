namespace VmTools.Virtio.VhostUser;

/// <summary>Requests of a front end to a back end (vhost-user specification, front-end message types).</summary>
public enum VhostRequest : uint
{
    None = 0,
    GetFeatures = 1,
    SetFeatures = 2,
    SetOwner = 3,
    ResetOwner = 4,
    SetMemoryTable = 5,
    SetLogBase = 6,
    SetLogFd = 7,
    SetVringSize = 8,
    SetVringAddress = 9,
    SetVringBase = 10,
    GetVringBase = 11,
    SetVringKick = 12,
    SetVringCall = 13,
    SetVringError = 14,
    GetProtocolFeatures = 15,
    SetProtocolFeatures = 16,
    GetQueueCount = 17,
    SetVringEnable = 18,
    SetBackendRequestFd = 21,
    GetConfig = 24,
    SetConfig = 25,
    ResetDevice = 34,
}
