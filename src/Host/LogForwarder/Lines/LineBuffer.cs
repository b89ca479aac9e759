using System.Buffers;

namespace VmTools.Host.LogForwarder.Lines;

/// <summary>The lines of one batch, in one piece of memory that is used again for the next batch.</summary>
internal sealed class LineBuffer : IBufferWriter<byte>
{
    private const int Usual = 64 * 1024;

    private byte[] _bytes = new byte[Usual];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Advance(int count) => Length += count;

    /// <summary>A piece of what was written, to be written over.</summary>
    public Span<byte> Change(int start, int length) => _bytes.AsSpan(0, Length).Slice(start, length);

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>Takes back what was written after the buffer had this length.</summary>
    public void CutTo(int length) => Length = length;

    /// <summary>Empties the buffer; what an unusual batch has made large is given back.</summary>
    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > 8 * Usual)
        {
            _bytes = new byte[Usual];
        }
    }

    private void Reserve(int sizeHint)
    {
        var needed = Length + Math.Max(sizeHint, 1);
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, 2 * _bytes.Length));
        }
    }
}
