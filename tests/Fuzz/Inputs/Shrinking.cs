namespace VmTools.Fuzz.Inputs;

/// <summary>Makes an input shorter by leaving out pieces, as long as it still does what it did.</summary>
internal static class Shrinking
{
    public static byte[] Shorten(byte[] input, Func<byte[], bool> stillDoes)
    {
        for (var piece = input.Length / 2; piece > 0; piece /= 2)
        {
            for (var at = 0; at + piece <= input.Length;)
            {
                byte[] candidate = [.. input[..at], .. input[(at + piece)..]];
                if (stillDoes(candidate))
                {
                    input = candidate;
                }
                else
                {
                    at += piece;
                }
            }
        }

        return input;
    }
}
