using VmTools.Linux;

namespace VmTools.Virtio.Rings;

/// <summary>
/// Room for the checked buffers of the chains that are out at one time. Allocated once per ring, so that taking a chain allocates
/// nothing, and bounded, so that a driver cannot make it grow.
/// </summary>
internal sealed class SegmentArena
{
    /// <summary>The kernel takes at most this many vectors in one readv or writev (UIO_MAXIOV), so no longer table is of use.</summary>
    public const int MaxChain = 1024;

    private readonly IoVector[] _items = new IoVector[2 * MaxChain];

    public int Count { get; private set; }

    public Span<IoVector> Free => _items.AsSpan(Count);

    public void Take(int count) => Count += count;

    public void Rewind(int count) => Count = count;

    public ReadOnlySpan<IoVector> Slice(int start, int count) => _items.AsSpan(start, count);
}
