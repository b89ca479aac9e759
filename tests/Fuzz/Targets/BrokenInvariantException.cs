namespace VmTools.Fuzz.Targets;

/// <summary>Something that holds for every input did not hold for this one.</summary>
internal sealed class BrokenInvariantException(string message) : Exception(message)
{
    public static void Unless(bool holds, string invariant)
    {
        if (!holds)
        {
            throw new BrokenInvariantException(invariant);
        }
    }
}
