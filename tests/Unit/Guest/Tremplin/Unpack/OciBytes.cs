using System.Security.Cryptography;
using System.Text;
using VmTools.Guest.Tremplin.Unpack;

namespace VmTools.Unit.Guest.Tremplin.Unpack;

/// <summary>An OCI image layout of layers that a test makes.</summary>
internal sealed class OciBytes
{
    private readonly Dictionary<string, byte[]> _blobs = new(StringComparer.Ordinal);
    private readonly List<string> _layers = [];
    private readonly List<string> _diffIds = [];

    public string Architecture { get; init; } = ElfMachine.Own;

    /// <summary>Instead of the true digest of each layer's content.</summary>
    public string? DiffId { get; init; }

    public OciBytes Layer(byte[] tar, Func<byte[], byte[]> pack)
    {
        _diffIds.Add($"\"{DiffId ?? $"sha256:{Convert.ToHexStringLower(SHA256.HashData(tar))}"}\"");
        _layers.Add(Add(pack(tar), "application/vnd.oci.image.layer.v1.tar+gzip"));
        return this;
    }

    /// <summary>One bit of each layer changes.</summary>
    public void Damage()
    {
        foreach (var blob in _blobs.Values)
        {
            blob[0] ^= 1;
        }
    }

    public byte[] Archive()
    {
        var tar = new TarBytes().Directory("blobs").Directory("blobs/sha256");
        foreach (var (name, content) in Files())
        {
            tar.File(name, content);
        }

        return tar.End();
    }

    public void Write(string directory)
    {
        Directory.CreateDirectory($"{directory}/blobs/sha256");
        foreach (var (name, content) in Files())
        {
            File.WriteAllBytes($"{directory}/{name}", content);
        }
    }

    private IReadOnlyList<(string Name, byte[] Content)> Files()
    {
        var configuration = Add(
            $$$"""{"architecture":"{{{Architecture}}}","os":"linux","rootfs":{"type":"layers","diff_ids":[{{{string.Join(',', _diffIds)}}}]}}""",
            "application/vnd.oci.image.config.v1+json");
        var manifest = Add(
            $$"""{"schemaVersion":2,"config":{{configuration}},"layers":[{{string.Join(',', _layers)}}]}""",
            "application/vnd.oci.image.manifest.v1+json");
        return
        [
            .. _blobs.Select(blob => ($"blobs/sha256/{blob.Key}", blob.Value)),
            ("index.json", Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"manifests":[{{manifest}}]}""")),
            ("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}"u8.ToArray()),
        ];
    }

    private string Add(string text, string type) => Add(Encoding.UTF8.GetBytes(text), type);

    private string Add(byte[] content, string type)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(content));
        _blobs[digest] = content;
        return $$"""{"mediaType":"{{type}}","digest":"sha256:{{digest}}","size":{{content.Length}}}""";
    }
}
