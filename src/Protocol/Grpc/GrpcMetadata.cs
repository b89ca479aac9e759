using System.Globalization;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace VmTools.Protocol.Grpc;

/// <summary>Custom metadata and status texts as HTTP/2 headers (gRPC over HTTP/2).</summary>
internal static class GrpcMetadata
{
    /// <summary>Custom headers of a request; those of HTTP and of gRPC itself are left out, malformed binary ones too.</summary>
    public static Metadata Read(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (name.StartsWith(':') || name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var value in values)
            {
                Add(metadata, name, value ?? "");
            }
        }

        return metadata;
    }

    public static void Write(Metadata metadata, IHeaderDictionary to)
    {
        foreach (var entry in metadata)
        {
            var value = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes).TrimEnd('=') : entry.Value;
            to.Append(entry.Key, value);
        }
    }

    /// <summary>Everything but printable ASCII, and the percent sign itself, as percent and two hex digits of its UTF-8.</summary>
    public static string PercentEncode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var unit in System.Text.Encoding.UTF8.GetBytes(text))
        {
            if (unit is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                encoded.Append((char)unit);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{unit:X2}");
            }
        }

        return encoded.ToString();
    }

    private static void Add(Metadata metadata, string name, string value)
    {
        try
        {
            if (name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
            {
                metadata.Add(name, Convert.FromBase64String(value.PadRight((value.Length + 3) / 4 * 4, '=')));
            }
            else
            {
                metadata.Add(name, value);
            }
        }
        catch (FormatException)
        {
            // Not base64.
        }
        catch (ArgumentException)
        {
            // A name or value that gRPC does not allow.
        }
    }
}
