using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>metadata.yaml of an archive: what LXD and Incus read of an image before they unpack it.</summary>
internal static class ArchiveMetadata
{
    public const string File = "metadata.yaml";

    public static byte[] Of(ContainerRecord container, DateTimeOffset now)
    {
        var architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"""
            architecture: {Quoted(architecture)}
            creation_date: {now.ToUnixTimeSeconds()}
            properties:
              architecture: {Quoted(architecture)}
              description: {Quoted($"{container.Name}: {container.Release.PrettyName}")}
              name: {Quoted(container.Name.Value)}
              os: {Quoted(container.Release.Id)}
              release: {Quoted(container.Release.VersionId)}
            templates: {"{}"}

            """));
    }

    /// <summary>A string of JSON is one of YAML.</summary>
    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
