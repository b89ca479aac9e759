namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>How much of an image is taken: more than any has that is meant to be one.</summary>
internal static class UnpackLimits
{
    public const int MaxEntries = 2_000_000;

    /// <summary>Of the files in it, all together.</summary>
    public const long MaxBytes = 64L << 30;

    /// <summary>Of a name in it, with the directories before it.</summary>
    public const int MaxName = 4095;

    /// <summary>Of one part of a name.</summary>
    public const int MaxNamePart = 255;

    /// <summary>Of an index, a manifest or a configuration.</summary>
    public const int MaxDocument = 4 << 20;

    public const int MaxLayers = 256;

    /// <summary>Of what stands before an entry in a tar: names, extended attributes.</summary>
    public const int MaxHeader = 1 << 20;

    /// <summary>Pieces of one sparse file.</summary>
    public const int MaxPieces = 200_000;
}
