using VmTools.Crash.Cores;

namespace VmTools.Crash.Conversion;

/// <summary>Lets the memory in a core pass by, keeps what was planned, and looks at what begins like a program or library.</summary>
internal sealed class LoadPass(CoreStream stream, MemoryPlan plan)
{
    private const int MaxImages = 8192;

    /// <summary>As much as the kernel writes of a mapped file whose other pages it leaves out.</summary>
    private const int OnePage = 4096;

    private readonly Dictionary<ulong, ImageHead> _images = [];
    private readonly byte[] _head = new byte[ImageHead.MaxBytes];

    /// <summary>By the address at which they begin.</summary>
    public IReadOnlyDictionary<ulong, ImageHead> Images => _images;

    /// <summary>The stream is where the segment's bytes begin.</summary>
    public void Pass(ProgramHeader load)
    {
        var (at, end) = (load.Address, load.FileEnd);
        at += LookAtHead(load);
        for (var piece = plan.FirstFrom(load.Address); piece < plan.Kept.Count && plan.Kept[piece].Start < end;)
        {
            var kept = plan.Kept[piece];
            if (kept.End <= at)
            {
                piece++;
                continue;
            }

            if (kept.Start > at)
            {
                if (!stream.Skip((long)(kept.Start - at)))
                {
                    return;
                }

                at = kept.Start;
            }

            var bytes = stream.Next((long)(Math.Min(kept.End, end) - at));
            if (bytes.IsEmpty)
            {
                return;
            }

            kept.Take(at, bytes);
            at += (ulong)bytes.Length;
            piece += at >= end ? plan.Kept.Count : 0;
        }

        _ = stream.Skip((long)(end - at));
    }

    /// <summary>
    /// Reads the first page, and of an image the next ones where its build id could be. Returns how many bytes these were.
    /// </summary>
    private ulong LookAtHead(ProgramHeader load)
    {
        var read = stream.Read(_head.AsSpan(0, (int)Math.Min(OnePage, load.FileSize)));
        if (_head.AsSpan(0, read).StartsWith(ElfHeader.Magic) && read == OnePage)
        {
            read += stream.Read(_head.AsSpan(read, (int)Math.Min((ulong)(_head.Length - read), load.FileSize - (ulong)read)));
        }

        var head = _head.AsSpan(0, read);
        if (_images.Count < MaxImages && ImageHead.TryRead(head, out var image))
        {
            _images[load.Address] = image!;
        }

        for (var piece = plan.FirstFrom(load.Address); piece < plan.Kept.Count
            && plan.Kept[piece].Start < load.Address + (ulong)read; piece++)
        {
            plan.Kept[piece].Take(load.Address, head);
        }

        return (ulong)read;
    }
}
