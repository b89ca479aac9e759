using System.Buffers.Binary;

namespace VmTools.Fuzz.Inputs;

/// <summary>New inputs out of known ones: a few changes at a time, of bytes, of pieces and of numbers, from a seed of its own.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> tokens, int longest)
{
    private const int MostChanges = 6;
    private const int LongestPiece = 48;

    /// <summary>Where counters and lengths break.</summary>
    private static readonly uint[] Numbers = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

    private readonly Random _random = new(seed);

    public byte[] Next(IReadOnlyList<byte[]> corpus)
    {
        var input = corpus.Count == 0 ? [] : (byte[])corpus[Favoured(corpus.Count)].Clone();
        for (var changes = _random.Next(1, MostChanges + 1); changes > 0; changes--)
        {
            input = Change(input, corpus);
        }

        return input.Length <= longest ? input : input[..longest];
    }

    /// <summary>The newest are looked at more often: they are where there is most left to find.</summary>
    private int Favoured(int count) => _random.Next(2) == 0 ? _random.Next(count) : count - 1 - _random.Next(Math.Min(count, 16));

    private byte[] Change(byte[] input, IReadOnlyList<byte[]> corpus) => _random.Next(11) switch
    {
        0 => FlipBit(input),
        1 => Overwrite(input, RandomBytes(1)),
        2 => Overwrite(input, NumberBytes()),
        3 => Overwrite(input, Token()),
        4 => Insert(input, Token()),
        5 => Insert(input, RandomBytes(_random.Next(1, 9))),
        6 => Insert(input, PieceOf(input)),
        7 => Overwrite(input, PieceOf(input)),
        8 => Without(input),
        9 => corpus.Count == 0 ? input : Insert(input, PieceOf(corpus[_random.Next(corpus.Count)])),
        _ => ChangeDigit(input),
    };

    private byte[] FlipBit(byte[] input)
    {
        if (input.Length > 0)
        {
            input[_random.Next(input.Length)] ^= (byte)(1 << _random.Next(8));
        }

        return input;
    }

    private byte[] ChangeDigit(byte[] input)
    {
        var start = _random.Next(input.Length + 1);
        if (input.AsSpan(start).IndexOfAnyInRange((byte)'0', (byte)'9') is >= 0 and var digit)
        {
            input[start + digit] = (byte)('0' + _random.Next(10));
        }

        return input;
    }

    private byte[] Overwrite(byte[] input, byte[] piece)
    {
        var at = _random.Next(input.Length + 1);
        piece.AsSpan(0, Math.Min(piece.Length, input.Length - at)).CopyTo(input.AsSpan(at));
        return input;
    }

    private byte[] Insert(byte[] input, byte[] piece)
    {
        var at = _random.Next(input.Length + 1);
        return [.. input.AsSpan(0, at), .. piece, .. input.AsSpan(at)];
    }

    private byte[] Without(byte[] input)
    {
        var at = _random.Next(input.Length + 1);
        var length = Math.Min(_random.Next(1, LongestPiece), input.Length - at);
        return [.. input.AsSpan(0, at), .. input.AsSpan(at + length)];
    }

    private byte[] PieceOf(byte[] input)
    {
        var at = _random.Next(input.Length + 1);
        return input.AsSpan(at, Math.Min(_random.Next(1, LongestPiece), input.Length - at)).ToArray();
    }

    private byte[] Token() => tokens.Count == 0 ? RandomBytes(2) : tokens[_random.Next(tokens.Count)];

    private byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private byte[] NumberBytes()
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Numbers[_random.Next(Numbers.Length)]);
        return bytes[..(1 << _random.Next(3))];
    }
}
