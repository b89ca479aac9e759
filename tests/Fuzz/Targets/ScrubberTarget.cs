using System.Buffers;
using System.Text;
using System.Text.Unicode;
using VmTools.Fuzz.Inputs;
using VmTools.Host.GuestText;

namespace VmTools.Fuzz.Targets;

/// <summary>
/// The scrubber: what comes out is what the runtime's own decoder makes of it, valid UTF-8 on one line without a control character, not
/// much longer than what went in, and comes through a second time unchanged.
/// </summary>
internal sealed class ScrubberTarget : IFuzzTarget
{
    /// <summary>One control character of a byte becomes four.</summary>
    private const int Growth = 4;

    private readonly ArrayBufferWriter<byte> _once = new();
    private readonly ArrayBufferWriter<byte> _twice = new();

    public int MaxInput => 1024;

    public IReadOnlyList<byte[]> Seeds { get; } = SeedFile.Read("scrubber");

    public IReadOnlyList<byte[]> Tokens { get; } =
    [
        [0xc0, 0x80], [0xc2, 0x85], [0xc2, 0x9f], [0xe0, 0x80], [0xe0, 0xa0], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xef, 0xb7, 0x90],
            [0xef, 0xb7, 0xaf],
        [0xef, 0xbf, 0xbe], [0xef, 0xbf, 0xbd], [0xf0, 0x8f], [0xf0, 0x9f, 0xbf, 0xbf], [0xf4, 0x8f, 0xbf, 0xbf], [0xf4, 0x90], [0xf8],
            [0xfc], [0xff], [0x1b, (byte)'['], [0x7f],
    ];

    public int Run(ReadOnlySpan<byte> input)
    {
        var once = Scrub(input, _once);
        BrokenInvariantException.Unless(once.Length <= Growth * input.Length, $"{input.Length} bytes became {once.Length}");
        BrokenInvariantException.Unless(Utf8.IsValid(once), "it is valid UTF-8");
        BrokenInvariantException.Unless(!once.ContainsAnyInRange((byte)0, (byte)0x1f) && !once.Contains((byte)0x7f), "it is one line");
        BrokenInvariantException.Unless(Scrub(once, _twice).SequenceEqual(once), "it comes through again unchanged");
        var expected = ScrubberReference.Scrub(input);
        BrokenInvariantException.Unless(Encoding.UTF8.GetString(once) == expected, $"it is what the runtime's decoder reads: {expected}");
        return HashCode.Combine(int.Log2(Math.Max(once.Length - input.Length, 1)), expected.Contains('\ufffd', StringComparison.Ordinal));
    }

    public void Dispose()
    {
    }

    private static ReadOnlySpan<byte> Scrub(ReadOnlySpan<byte> raw, ArrayBufferWriter<byte> to)
    {
        to.ResetWrittenCount();
        SafeText.WriteForFile(raw, to);
        return to.WrittenSpan;
    }
}
