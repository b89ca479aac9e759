using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmTools.Host.Vmc.Cli;

/// <summary>The one form in which vmc tells programs a time: RFC 3339 in UTC, with microseconds.</summary>
internal sealed class UtcTime : JsonConverter<DateTimeOffset>
{
    public static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Text(value));
}
