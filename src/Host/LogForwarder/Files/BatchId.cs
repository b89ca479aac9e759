using System.Globalization;

namespace VmTools.Host.LogForwarder.Files;

/// <summary>
/// What a guest calls a batch, so that one sent again is known: the random id of its spool and the batch's place in it, counted
/// from 1. On the wire 32 hex digits, a hyphen and a decimal number.
/// </summary>
internal readonly record struct BatchId(UInt128 Spool, ulong Sequence)
{
    private const int SpoolDigits = 32;

    public static bool TryParse(string text, out BatchId id)
    {
        id = default;
        if (text.Length <= SpoolDigits + 1
            || text[SpoolDigits] != '-'
            || !UInt128.TryParse(text.AsSpan(0, SpoolDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var spool)
            || !ulong.TryParse(text.AsSpan(SpoolDigits + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            || sequence == 0)
        {
            return false;
        }

        id = new BatchId(spool, sequence);
        return true;
    }

    /// <summary>Whether this batch or a later one of the same spool was <paramref name="last"/>: then it has arrived before.</summary>
    public bool IsCoveredBy(BatchId last) => Spool == last.Spool && Sequence <= last.Sequence;
}
