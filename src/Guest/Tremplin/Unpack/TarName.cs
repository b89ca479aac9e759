using System.Diagnostics.CodeAnalysis;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>Names of entries as they are used: without a slash before or behind, without empty parts and ".".</summary>
internal static class TarName
{
    /// <summary>The mark before the name of what a layer takes away (image-spec, layer.md, "Whiteouts").</summary>
    public const string Whiteout = ".wh.";

    /// <summary>The file that says that nothing of the layers below is to be seen in its directory.</summary>
    public const string Opaque = ".wh..wh..opq";

    /// <summary>False for a name that leads upwards, is too long or has a zero in it. The root is the empty name.</summary>
    public static bool TryRead(string name, [NotNullWhen(true)] out string? clean)
    {
        clean = null;
        if (name.Length > UnpackLimits.MaxName || name.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToList();
        if (parts.Any(part => part == ".." || part.Length > UnpackLimits.MaxNamePart))
        {
            return false;
        }

        clean = string.Join('/', parts);
        return true;
    }

    public static string LeafOf(string name) => name[(name.LastIndexOf('/') + 1)..];

    public static string DirectoryOf(string name) => name.LastIndexOf('/') is var slash and >= 0 ? name[..slash] : "";
}
