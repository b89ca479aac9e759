using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Unit.Virtio.Vsock.Packets;

/// <summary>The guest's rx buffers as a number of them; what was sent into them waits in <see cref="Packets"/>.</summary>
internal sealed class FakeReceiver : IGuestReceiver
{
    private readonly List<byte[]> _memory = [];
    private int _next;
    private int _held;

    public int Buffers { get; set; } = int.MaxValue;

    public int Capacity { get; set; } = 3732;

    public Queue<(VsockHeader Header, byte[] Payload)> Packets { get; } = new();

    public int Held => _held - _next;

    public int Reserve(int count)
    {
        if (Held > 0)
        {
            throw new InvalidOperationException("Buffers are still held from before.");
        }

        _next = 0;
        _held = Math.Min(count, Buffers);
        while (_memory.Count < _held)
        {
            _memory.Add(new byte[Capacity]);
        }

        return _held;
    }

    public int CapacityOf(int index) => Capacity;

    public void Fill(int index, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_memory[index]);

    public void Send(in VsockHeader header)
    {
        if (Held == 0)
        {
            throw new InvalidOperationException("A packet was sent without a buffer.");
        }

        Buffers -= Buffers == int.MaxValue ? 0 : 1;
        Packets.Enqueue((header, _memory[_next++][..(int)header.Length]));
    }

    public void Release() => _next = _held;
}
