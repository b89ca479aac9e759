using System.Text.Json;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>
/// One image of a layout: its layers from the lowest to the highest (image-spec 1.1: image-index.md, manifest.md, config.md).
/// </summary>
/// <param name="Layers">Each layer.</param>
internal sealed record OciImage(IReadOnlyList<OciLayer> Layers)
{
    /// <summary>An index may point to indexes, but not for ever.</summary>
    private const int MaxIndexes = 4;

    /// <summary>Finds the image for this machine.</summary>
    /// <exception cref="VmToolsException">There is none, or a file of it is not what its digest says.</exception>
    public static OciImage Find(OciBlobs blobs, ToolRun tools)
    {
        using var index = Parse(ReadAll(blobs.Open(OciNames.Index)), OciNames.Index);
        return OfManifest(blobs, ManifestIn(index.RootElement, blobs, tools, depth: 0), tools);
    }

    private static OciDescriptor ManifestIn(JsonElement index, OciBlobs blobs, ToolRun tools, int depth)
    {
        var manifests = OciDescriptor.ListIn(index, "manifests");
        var machines = manifests.Select(one => one.Architecture).OfType<string>().Where(name => name != "unknown").Distinct().ToList();
        var fitting = manifests
            .Where(one => one.Architecture is { } name && ElfMachine.Canonical(name) == ElfMachine.Own && one.Os is null or "linux")
            .Concat(manifests.Where(one => one.Architecture is null)).ToList();
        if (fitting.Count == 0)
        {
            throw machines.Count > 0 ? WrongMachine(string.Join(", ", machines)) : Refused("its index names no image");
        }

        var chosen = fitting[0];
        if (!OciNames.IsIndex(chosen.MediaType))
        {
            return fitting.Count(one => one.Architecture is null) <= 1
                ? chosen
                : throw Refused("it holds several images; give one of them alone");
        }

        if (depth == MaxIndexes)
        {
            throw Refused("its indexes do not end");
        }

        using var next = Document(blobs, chosen, tools);
        return ManifestIn(next.RootElement, blobs, tools, depth + 1);
    }

    private static OciImage OfManifest(OciBlobs blobs, OciDescriptor descriptor, ToolRun tools)
    {
        using var manifest = Document(blobs, descriptor, tools);
        var layers = OciDescriptor.ListIn(manifest.RootElement, "layers");
        if (layers.Count is 0 or > UnpackLimits.MaxLayers || !OciDescriptor.TryRead(manifest.RootElement, "config", out var configAt))
        {
            throw Refused($"its manifest names no layers, more than {UnpackLimits.MaxLayers}, or no configuration");
        }

        if (layers.FirstOrDefault(layer => !OciNames.IsLayer(layer.MediaType)) is { } other)
        {
            throw Refused($"a layer of the type '{Short(other.MediaType)}' cannot be applied");
        }

        using var config = Document(blobs, configAt, tools);
        var root = config.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Refused("its configuration cannot be read");
        }

        if (OciDescriptor.Text(root, "architecture") is { Length: > 0 } machine && !ElfMachine.RunsHere(machine))
        {
            throw WrongMachine(Short(machine));
        }

        var contents = DiffIds(root);
        return contents.Count == layers.Count
            ? new OciImage([.. layers.Zip(contents, (layer, content) => new OciLayer(layer, content))])
            : throw Refused("its configuration and its manifest name different layers");
    }

    private static List<string> DiffIds(JsonElement config) =>
        config.TryGetProperty("rootfs", out var root) && root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty("diff_ids", out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(OciDescriptor.Text)]
            : [];

    private static JsonDocument Document(OciBlobs blobs, OciDescriptor descriptor, ToolRun tools)
    {
        var bytes = ReadAll(blobs.Open(descriptor.Blob));
        using var sum = new Sha256Sum(tools);
        sum.Add(bytes);
        return $"sha256:{sum.Finish()}" == descriptor.Digest ? Parse(bytes, descriptor.Blob) : throw Damaged(descriptor.Blob);
    }

    private static byte[] ReadAll(Stream stream)
    {
        using (stream)
        {
            if (stream.Length > UnpackLimits.MaxDocument)
            {
                throw Refused($"a description in it is longer than {UnpackLimits.MaxDocument >> 20} MiB");
            }

            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }

    private static JsonDocument Parse(byte[] text, string name)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException failure)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"the image cannot be taken: {name} is no JSON", failure);
        }
    }

    public static VmToolsException Damaged(string blob) => Refused($"{blob} is damaged: its content has another digest than its name");

    public static VmToolsException WrongMachine(string machine) => Refused($"it is for {machine}, and this VM is {ElfMachine.Own}");

    private static string Short(string text) => text.Length <= 100 ? text : $"{text[..100]}…";

    private static VmToolsException Refused(string why) => new(ErrorKind.InvalidArgument, $"the image cannot be taken: {why}");
}

/// <summary>A layer: the blob, and the digest of what the blob is once it is not compressed any more.</summary>
internal readonly record struct OciLayer(OciDescriptor Blob, string DiffId);
