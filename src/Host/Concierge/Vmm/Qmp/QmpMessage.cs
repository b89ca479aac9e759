using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace VmTools.Host.Concierge.Vmm.Qmp;

/// <summary>
/// One line from QEMU (QEMU Machine Protocol Specification, section 2). <paramref name="Text"/> is an error's description
/// or an event's name; <paramref name="Body"/> what was returned or came with the event.
/// </summary>
internal sealed record QmpMessage(QmpMessageKind Kind, string Text, JsonElement Body)
{
    /// <summary>Nothing that QEMU sends is nested deeper; a guest can influence some of it.</summary>
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16 };

    public static bool TryParse(ReadOnlyMemory<byte> line, [NotNullWhen(true)] out QmpMessage? message)
    {
        message = null;
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                message = From(document.RootElement);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or (the second) JSON with text that is not Unicode: the caller says what that means.
        }

        return message is not null;
    }

    private static QmpMessage? From(JsonElement root)
    {
        if (root.TryGetProperty("QMP", out var greeting))
        {
            return new QmpMessage(QmpMessageKind.Greeting, "", greeting.Clone());
        }

        if (root.TryGetProperty("return", out var returned))
        {
            return new QmpMessage(QmpMessageKind.Return, "", returned.Clone());
        }

        if (root.TryGetProperty("error", out var error))
        {
            return new QmpMessage(QmpMessageKind.Error, TextOf(error, "desc") ?? "no reason given", error.Clone());
        }

        return TextOf(root, "event") is { } name
            ? new QmpMessage(QmpMessageKind.Event, name, root.TryGetProperty("data", out var data) ? data.Clone() : default)
            : null;
    }

    /// <summary>A member that is text; null for one that is not, or is not there.</summary>
    public static string? TextOf(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

/// <summary>The four things that QEMU says over QMP.</summary>
internal enum QmpMessageKind
{
    Greeting,
    Return,
    Error,
    Event,
}
