using System.Text;

namespace VmTools.Fuzz.Targets;

/// <summary>What a guest's bytes become, said again over what the runtime's own decoder reads.</summary>
internal static class ScrubberReference
{
    public static string Scrub(ReadOnlySpan<byte> raw) =>
        string.Concat(Encoding.UTF8.GetString(raw).EnumerateRunes().Select(static rune =>
            Rune.IsControl(rune) || rune.Value is >= 0xfdd0 and <= 0xfdef || (rune.Value & 0xffff) >= 0xfffe
                ? "#" + Convert.ToString(rune.Value, 8).PadLeft(3, '0')
                : rune.ToString()));
}
