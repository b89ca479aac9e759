using System.Text;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>A block of 512 bytes before an entry (tar(5), POSIX pax "ustar interchange format"; GNU's own for long names and sparse
/// files).</summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int Bytes = 512;

    private const int SumAt = 148;
    private const int SumBytes = 8;

    private readonly ReadOnlySpan<byte> _block = block;

    public bool IsEnd => !_block.ContainsAnyExcept((byte)0);

    /// <summary>Whether the sum in it is that of its bytes; old writers took them for signed.</summary>
    public bool IsWhole
    {
        get
        {
            long unsigned = 0;
            long signed = 0;
            for (var at = 0; at < Bytes; at++)
            {
                var value = at is >= SumAt and < SumAt + SumBytes ? (byte)' ' : _block[at];
                unsigned += value;
                signed += (sbyte)value;
            }

            return TryNumber(SumAt, SumBytes, out var sum) && (sum == unsigned || sum == signed);
        }
    }

    public char Type => (char)_block[156];

    /// <summary>With the prefix that POSIX has for long ones; GNU keeps other things there.</summary>
    public string Name
    {
        get
        {
            var prefix = _block[257..263].SequenceEqual("ustar\0"u8) ? Text(345, 155) : "";
            var name = Text(0, 100);
            return prefix.Length > 0 ? $"{prefix}/{name}" : name;
        }
    }

    public string Target => Text(157, 100);

    public bool TryMode(out long mode) => TryNumber(100, 8, out mode);

    public bool TryUid(out long uid) => TryNumber(108, 8, out uid);

    public bool TryGid(out long gid) => TryNumber(116, 8, out gid);

    public bool TrySize(out long size) => TryNumber(124, 12, out size);

    public bool TryTime(out long time) => TryNumber(136, 12, out time);

    /// <summary>The length of an old GNU sparse file with its holes.</summary>
    public bool TryRealSize(out long size) => TryNumber(483, 12, out size);

    /// <summary>Octal digits between blanks and zeroes, or with the first bit set a big-endian number (GNU).</summary>
    public bool TryNumber(int at, int length, out long number)
    {
        var field = _block.Slice(at, length);
        number = 0;
        if ((field[0] & 0x80) != 0)
        {
            return TryBinary(field, out number);
        }

        var digits = field.TrimStart((byte)' ');
        var end = digits.IndexOfAny((byte)0, (byte)' ');
        foreach (var digit in end < 0 ? digits : digits[..end])
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            number = (number << 3) | (long)(digit - '0');
        }

        return number >= 0;
    }

    private static bool TryBinary(ReadOnlySpan<byte> field, out long number)
    {
        // Two's complement: a time before 1970 is negative.
        number = (field[0] & 0x40) != 0 ? -1 : 0;
        for (var at = 0; at < field.Length; at++)
        {
            var value = at == 0 ? (byte)(field[0] & 0x3F | ((field[0] & 0x40) != 0 ? 0xC0 : 0)) : field[at];
            if (number is > long.MaxValue >> 8 or < long.MinValue >> 8)
            {
                return false;
            }

            number = (number << 8) | value;
        }

        return true;
    }

    private string Text(int at, int length)
    {
        var field = _block.Slice(at, length);
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }
}
