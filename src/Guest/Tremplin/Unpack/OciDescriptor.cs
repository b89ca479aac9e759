using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>What points to a blob (image-spec 1.1: descriptor.md).</summary>
/// <param name="MediaType">What it is.</param>
/// <param name="Digest">Of its content.</param>
/// <param name="Blob">Where in the layout it lies.</param>
internal sealed record OciDescriptor(string MediaType, string Digest, string Blob)
{
    private const int MaxEntries = 4096;

    /// <summary>For which machine it is; null where that is not said.</summary>
    public string? Architecture { get; private init; }

    public string? Os { get; private init; }

    public static IReadOnlyList<OciDescriptor> ListIn(JsonElement parent, string field)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(field, out var list)
            || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxEntries)
        {
            return [];
        }

        return [.. list.EnumerateArray().Select(Read)];
    }

    public static bool TryRead(JsonElement parent, string field, [NotNullWhen(true)] out OciDescriptor? descriptor)
    {
        descriptor = parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(field, out var value) ? Read(value) : null;
        return descriptor is not null;
    }

    /// <summary>Empty where there is no such text.</summary>
    public static string Text(JsonElement from, string field) => from.TryGetProperty(field, out var value) ? Text(value) : "";

    /// <summary>Empty for what is no text, or holds half a character.</summary>
    public static string Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    private static OciDescriptor Read(JsonElement element)
    {
        var digest = element.ValueKind == JsonValueKind.Object ? Text(element, "digest") : "";
        if (OciNames.BlobOf(digest) is not { } blob)
        {
            throw new VmToolsException(
                ErrorKind.InvalidArgument, "the image cannot be taken: a file in it is named by something else than its SHA-256");
        }

        var hasPlatform = element.TryGetProperty("platform", out var platform) && platform.ValueKind == JsonValueKind.Object;
        return new OciDescriptor(Text(element, "mediaType"), digest, blob)
        {
            Architecture = hasPlatform ? Text(platform, "architecture") : null,
            Os = hasPlatform ? Text(platform, "os") : null,
        };
    }
}
