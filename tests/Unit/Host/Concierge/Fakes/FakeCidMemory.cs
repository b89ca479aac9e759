using VmTools.Host.Concierge.Device;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>A memory without a disk to wait for.</summary>
internal sealed class FakeCidMemory : ICidMemory
{
    private uint? _next;

    public uint? Read() => _next;

    public void Write(uint next) => _next = next;
}
