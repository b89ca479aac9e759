namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>Names of an OCI image layout and the media types in it (image-spec 1.1: image-layout.md, media-types.md).</summary>
internal static class OciNames
{
    public const string Layout = "oci-layout";
    public const string Index = "index.json";

    private const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
    private const string OciIndex = "application/vnd.oci.image.index.v1+json";

    private static readonly string[] LayerTypes =
    [
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar",
    ];

    public static bool IsIndex(string mediaType) => mediaType is OciIndex or DockerIndex;

    /// <summary>A file system's layer, however compressed: its first bytes tell that.</summary>
    public static bool IsLayer(string mediaType) =>
        LayerTypes.Any(type => mediaType.StartsWith(type, StringComparison.Ordinal))
        && !mediaType.EndsWith("+encrypted", StringComparison.Ordinal);

    /// <summary>Where a blob lies; null for a digest that is none.</summary>
    public static string? BlobOf(string digest)
    {
        const string algorithm = "sha256:";
        return digest.Length == algorithm.Length + Sha256Sum.HexDigits && digest.StartsWith(algorithm, StringComparison.Ordinal)
            && digest[algorithm.Length..].All(char.IsAsciiHexDigitLower)
            ? $"blobs/sha256/{digest[algorithm.Length..]}"
            : null;
    }
}
