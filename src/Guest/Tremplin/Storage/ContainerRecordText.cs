using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace VmTools.Guest.Tremplin.Storage;

/// <summary>The text of container.json. The container's name is its directory's and does not stand in it.</summary>
internal static class ContainerRecordText
{
    public const int MaxBytes = 16 * 1024;

    private const int Schema = 1;

    public static byte[] Of(ContainerRecord record)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", Schema);
            json.WriteString("image", record.Image);
            json.WriteNumber("first_uid", record.Ids.First);
            json.WriteString("address", record.Address.ToString());
            json.WriteString("user", record.User?.Value ?? "");
            json.WriteStartObject("os");
            json.WriteString("pretty_name", record.Release.PrettyName);
            json.WriteString("name", record.Release.Name);
            json.WriteString("version", record.Release.Version);
            json.WriteString("version_id", record.Release.VersionId);
            json.WriteString("id", record.Release.Id);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>False where it is not a record of this version, whole and within its limits.</summary>
    public static bool TryParse(ContainerName name, ReadOnlyMemory<byte> text, [NotNullWhen(true)] out ContainerRecord? record)
    {
        record = null;
        try
        {
            using var document = JsonDocument.Parse(text);
            record = text.Length <= MaxBytes && document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(name, document.RootElement)
                : null;
        }
        catch (JsonException)
        {
            // No JSON, as after a write that another program did not finish.
        }

        return record is not null;
    }

    private static ContainerRecord? Read(ContainerName name, JsonElement root)
    {
        if (Number(root, "schema") != Schema
            || !Guid.TryParseExact(Text(root, "image"), "D", out var image)
            || Number(root, "first_uid") is not { } first || !UidRange.TryFrom(first, out var ids)
            || !IPAddress.TryParse(Text(root, "address"), out var address) || address.AddressFamily != AddressFamily.InterNetwork)
        {
            return null;
        }

        return new ContainerRecord
        {
            Name = name,
            Image = image,
            Ids = ids,
            Address = address,
            User = UserName.TryParse(Text(root, "user"), out var user) ? user : null,
            Release = root.TryGetProperty("os", out var os) && os.ValueKind == JsonValueKind.Object
                ? new OsRelease(Text(os, "pretty_name"), Text(os, "name"), Text(os, "version"), Text(os, "version_id"), Text(os, "id"))
                : OsRelease.Unknown,
        };
    }

    private static string Text(JsonElement from, string field) =>
        from.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static uint? Number(JsonElement from, string field) =>
        from.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out var number)
            ? number
            : null;
}
