using System.Text.Json;

namespace VmTools.Host.HostFacts;

/// <summary>What the guest image says of itself (<c>manifest.json</c>).</summary>
internal sealed record ImageManifest(string Version, string Kernel, string Hash)
{
    /// <summary>Null when there is no image, or its manifest cannot be read.</summary>
    public static ImageManifest? TryReadFrom(string directory)
    {
        try
        {
            return TryRead(File.ReadAllText(Path.Combine(directory, "manifest.json")));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Null when the text is no manifest.</summary>
    public static ImageManifest? TryRead(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return new ImageManifest(Text(document, "version"), Text(document, "kernel"), Text(document, "hash"));
        }
        catch (Exception garbled) when (garbled is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Text(JsonDocument document, string name) =>
        document.RootElement.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
