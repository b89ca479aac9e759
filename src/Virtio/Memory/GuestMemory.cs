using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using VmTools.Linux;
using VmTools.Linux.Memory;

namespace VmTools.Virtio.Memory;

/// <summary>
/// The guest's RAM as the front end shares it: a fixed table of mapped regions, replaced as a whole when a new one arrives. The
/// only place that dereferences guest memory; every address from outside is checked here, and nothing is ever read twice.
/// </summary>
/// <remarks>
/// Two address spaces meet here: ring addresses are the front end's own ("user") addresses, addresses inside rings are
/// guest-physical ones. The guest may change any byte at any time, so values are copied out first and only the copy is judged.
/// </remarks>
public sealed unsafe class GuestMemory : IDisposable
{
    /// <summary>The most regions a table may have without the memory-slot protocol feature (vhost-user: VHOST_USER_MEM_REGIONS).</summary>
    public const int MaxRegions = 8;

    private const ulong PageMask = 4095;

    private readonly MappedRegion[] _regions;

    private GuestMemory(MappedRegion[] regions, bool canShrink)
    {
        _regions = regions;
        CanShrink = canShrink;
    }

    /// <summary>True when a file lacks F_SEAL_SHRINK: a VMM that truncates it kills this process with SIGBUS.</summary>
    public bool CanShrink { get; }

    /// <summary>Checks and maps a table; the files stay the caller's and may be closed afterwards.</summary>
    public static bool TryMap(
        IReadOnlyList<MemoryRegion> regions, IReadOnlyList<FdHandle> files, [NotNullWhen(true)] out GuestMemory? memory, out string problem)
    {
        memory = null;
        if (regions.Count is 0 or > MaxRegions || regions.Count != files.Count)
        {
            problem =
                $"A memory table needs 1 to {MaxRegions} regions and a file for each, not {regions.Count} regions and {files.Count} files.";
            return false;
        }

        var mapped = new List<MappedRegion>(regions.Count);
        var canShrink = false;
        problem = "";
        for (var i = 0; i < regions.Count && problem.Length == 0; i++)
        {
            problem = Add(mapped, regions[i], files[i], ref canShrink);
        }

        if (problem.Length > 0)
        {
            mapped.ForEach(region => region.Mapping.Dispose());
            return false;
        }

        memory = new GuestMemory([.. mapped], canShrink);
        return true;
    }

    /// <summary>Finds the host place of a ring area; it must lie within one region.</summary>
    public bool TryTranslateUserAddress(ulong user, int length, out RingArea area)
    {
        foreach (var region in _regions)
        {
            if (region.RoomAtUser(user) is var room and > 0)
            {
                area = new RingArea(region.Host + (nint)(user - region.Region.UserAddress), length);
                return length > 0 && (ulong)length <= room;
            }
        }

        area = default;
        return false;
    }

    /// <summary>Copies guest memory out; false when any byte of the range is not guest RAM.</summary>
    public bool TryRead(ulong guest, Span<byte> to)
    {
        while (to.Length > 0)
        {
            if (!TryFind(guest, (uint)to.Length, out var piece))
            {
                return false;
            }

            CopyOut(piece, 0, to[..(int)piece.Length]);
            to = to[(int)piece.Length..];
            guest = unchecked(guest + piece.Length);
        }

        return true;
    }

    /// <summary>Copies into guest memory; false when any byte of the range is not guest RAM (what fits before it is written).</summary>
    public bool TryWrite(ulong guest, ReadOnlySpan<byte> from)
    {
        while (from.Length > 0)
        {
            if (!TryFind(guest, (uint)from.Length, out var piece))
            {
                return false;
            }

            CopyIn(piece, 0, from[..(int)piece.Length]);
            from = from[(int)piece.Length..];
            guest = unchecked(guest + piece.Length);
        }

        return true;
    }

    /// <summary>
    /// Adds the host vectors of a guest range, split where regions meet. False when the range wraps, falls into a hole, or
    /// <paramref name="to"/> is full.
    /// </summary>
    public bool TryGetVectors(ulong guest, uint length, ref IoVectorList to)
    {
        while (length > 0)
        {
            if (!TryFind(guest, length, out var piece) || !to.TryAdd(piece))
            {
                return false;
            }

            length -= (uint)piece.Length;
            guest = unchecked(guest + piece.Length);
        }

        return true;
    }

    /// <summary>Reads a 16-bit index; nothing after it in program order is read before it.</summary>
    internal static ushort LoadAcquire(RingArea area, int offset) =>
        Volatile.Read(ref Unsafe.AsRef<ushort>((void*)Place(area, offset, sizeof(ushort))));

    /// <summary>Writes a 16-bit index; everything before it in program order is visible first.</summary>
    internal static void StoreRelease(RingArea area, int offset, ushort value) =>
        Volatile.Write(ref Unsafe.AsRef<ushort>((void*)Place(area, offset, sizeof(ushort))), value);

    internal static void ReadArea(RingArea area, int offset, Span<byte> to) =>
        new ReadOnlySpan<byte>((void*)Place(area, offset, to.Length), to.Length).CopyTo(to);

    internal static void WriteArea(RingArea area, int offset, ReadOnlySpan<byte> from) =>
        from.CopyTo(new Span<byte>((void*)Place(area, offset, from.Length), from.Length));

    /// <summary>Copies out of a vector this class has handed out before.</summary>
    internal static void CopyOut(IoVector from, uint offset, Span<byte> to)
    {
        CheckInside(from, offset, to.Length);

        // SAFETY: the vector came from TryFind, which checked it against its region; the ring is stopped before the region is unmapped.
        new ReadOnlySpan<byte>((void*)(from.Address + (nint)offset), to.Length).CopyTo(to);
    }

    /// <summary>Copies into a vector this class has handed out before.</summary>
    internal static void CopyIn(IoVector to, uint offset, ReadOnlySpan<byte> from)
    {
        CheckInside(to, offset, from.Length);

        // SAFETY: as in CopyOut.
        from.CopyTo(new Span<byte>((void*)(to.Address + (nint)offset), from.Length));
    }

    public void Dispose()
    {
        foreach (var region in _regions)
        {
            region.Mapping.Dispose();
        }
    }

    private static string Add(List<MappedRegion> mapped, MemoryRegion region, FdHandle file, ref bool canShrink)
    {
        if (Wraps(region))
        {
            return $"Memory region {region} is empty or wraps around.";
        }

        if (mapped.Exists(other => other.OverlapsGuest(region)))
        {
            return $"Memory region {region} overlaps another.";
        }

        try
        {
            // A file that is too short would answer the first touch with SIGBUS, which nothing here could survive.
            if (Fd.KindOf(file) != FileKind.Regular || (ulong)Fd.SizeOf(file) < region.FileOffset + region.Size)
            {
                return $"Memory region {region} has no regular file of its size behind it.";
            }

            canShrink |= !MemFd.SealsOf(file).HasFlag(SealFlags.Shrink);
            mapped.Add(Map(region, file));
            return "";
        }
        catch (LinuxException failure)
        {
            return $"Memory region {region} cannot be mapped: {failure.Errno}.";
        }
    }

    private static bool Wraps(MemoryRegion region) =>
        region.Size is 0 or > long.MaxValue
        || region.FileOffset > long.MaxValue - region.Size
        || region.GuestAddress > ulong.MaxValue - region.Size
        || region.UserAddress > ulong.MaxValue - region.Size;

    private static MappedRegion Map(MemoryRegion region, FdHandle file)
    {
        var skew = region.FileOffset & PageMask;
        var mapping = MemoryMapping.Map(file, (long)(region.FileOffset - skew), (long)(region.Size + skew));
        return new MappedRegion(region, mapping, mapping.Address + (nint)skew);
    }

    private static nint Place(RingArea area, int offset, int length)
    {
        // SAFETY: the area was checked against one region when the ring was set up, and the ring drops it before that region goes.
        if ((uint)offset > (uint)area.Length || length > area.Length - offset)
        {
            throw new InvalidOperationException($"A ring access at {offset} of {length} bytes lies outside its {area.Length} bytes.");
        }

        return area.Address + offset;
    }

    private static void CheckInside(IoVector vector, uint offset, int length)
    {
        if (offset > vector.Length || (uint)length > vector.Length - offset)
        {
            throw new InvalidOperationException($"A copy at {offset} of {length} bytes lies outside its {vector.Length} bytes.");
        }
    }

    /// <summary>The first piece of a range: as much of it as lies in the region its start falls into.</summary>
    private bool TryFind(ulong guest, uint length, out IoVector piece)
    {
        foreach (var region in _regions)
        {
            if (region.RoomAtGuest(guest) is var room and > 0)
            {
                var host = region.Host + (nint)(guest - region.Region.GuestAddress);
                piece = new IoVector(host, (nuint)Math.Min(room, length));
                return true;
            }
        }

        piece = default;
        return false;
    }
}
