namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>The pieces of a sparse file, checked: in order, apart, within the file, and together as long as what is stored.</summary>
internal static class SparseMap
{
    /// <param name="numbers">An offset and a length for each piece.</param>
    /// <param name="length">Of the file.</param>
    /// <param name="stored">How many bytes are stored for it.</param>
    /// <param name="pieces">Those that are not empty.</param>
    public static bool TryRead(IReadOnlyList<long> numbers, long length, long stored, out List<FilePiece> pieces)
    {
        pieces = [];
        if (numbers.Count % 2 != 0 || numbers.Count > UnpackLimits.MaxPieces * 2 || length is < 0 or > UnpackLimits.MaxBytes)
        {
            return false;
        }

        var (end, sum) = (0L, 0L);
        for (var at = 0; at < numbers.Count; at += 2)
        {
            var (offset, size) = (numbers[at], numbers[at + 1]);
            if (offset < end || size < 0 || offset > length || size > length - offset)
            {
                return false;
            }

            (end, sum) = (offset + size, sum + size);
            if (size > 0)
            {
                pieces.Add(new FilePiece(offset, size));
            }
        }

        return sum == stored;
    }
}
