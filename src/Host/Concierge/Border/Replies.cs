using System.Buffers.Binary;
using System.Net;
using VmTools.Host.Concierge.Vms;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Border;

/// <summary>Our records as the messages of concierge_service.proto.</summary>
internal static class Replies
{
    public static VmInfo InfoOf(VmSnapshot vm) => new()
    {
        Ipv4Address = vm.Address is { } address ? InNetworkOrder(address) : 0,
        Pid = vm.VmmPid ?? 0,
        Cid = CidOf(vm),
        VmType = TypeOf(vm.Type),
        Status = StatusOf(vm.State),
        AllocatedMemory = vm.MemoryMiB << 20,
    };

    public static long CidOf(VmSnapshot vm) => vm.Cid?.Value ?? 0;

    public static VmInfo.Types.VmType TypeOf(VmType type) => (VmInfo.Types.VmType)(int)type;

    /// <summary>The wire has no word for a VM that is going down: it counts as running until it is gone.</summary>
    public static VmStatus StatusOf(VmState state) => state switch
    {
        VmState.Claimed or VmState.Starting => VmStatus.Starting,
        VmState.Running or VmState.Stopping or VmState.Detached => VmStatus.Running,
        VmState.Releasing or VmState.Stopped => VmStatus.Stopped,
        _ => throw new InvalidOperationException($"The state {state} has no status on the wire."),
    };

    public static ExtendedVmInfo ListEntryOf(VmSnapshot vm) => new()
    {
        Name = vm.Id.Name.Value,
        OwnerId = vm.Id.Owner.Value,
        VmInfo = InfoOf(vm),
        Status = StatusOf(vm.State),
    };

    public static VmDiskInfo DiskOf(Disks.DiskImage disk) => new()
    {
        Name = disk.Name.Value,
        StorageLocation = StorageLocation.StorageCryptohomeRoot,
        Size = (ulong)disk.AllocatedBytes,
        ImageType = DiskImageType.DiskImageRaw,
        UserChosenSize = disk.HasUserChosenSize,
        Path = disk.Path,
        VmType = TypeOf(disk.Type ?? VmType.Unknown),
        HasVmType = disk.Type is not null,
    };

    private static uint InNetworkOrder(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
