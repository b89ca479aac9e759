using VmTools.Guest.Syslog.Spooling;

namespace VmTools.Unit.Guest.Syslog.Spooling;

/// <summary>A disk that is full or broken while a test says so.</summary>
internal sealed class FailingStorage(int capacity) : IRingStorage
{
    private readonly MemoryStorage _good = new(capacity);

    public bool TakesNothing { get; set; }

    public bool GivesNothing { get; set; }

    public long Capacity => capacity;

    public bool TryWrite(long offset, ReadOnlySpan<byte> bytes) => !TakesNothing && _good.TryWrite(offset, bytes);

    public bool TryRead(long offset, Span<byte> bytes) => !GivesNothing && _good.TryRead(offset, bytes);

    public void Clear() => _good.Clear();

    public void Dispose() => _good.Dispose();
}
