using System.Text;

namespace VmTools.DBus;

/// <summary>
/// Which signals to receive: each part that is given must be equal. See "Match Rules" in the D-Bus specification.
/// </summary>
public sealed record MatchRule
{
    public string? Sender { get; init; }

    public string? Path { get; init; }

    public string? Interface { get; init; }

    public string? Member { get; init; }

    /// <summary>The first argument, when it is a string.</summary>
    public string? FirstArgument { get; init; }

    /// <summary>The rule as the bus reads it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("type='signal'");
        Append(text, "sender", Sender);
        Append(text, "path", Path);
        Append(text, "interface", Interface);
        Append(text, "member", Member);
        Append(text, "arg0", FirstArgument);
        return text.ToString();
    }

    /// <summary>Buses read an escaped quote in different ways, so that a rule with one cannot be right for all.</summary>
    private static void Append(StringBuilder text, string key, string? value)
    {
        if (value is null)
        {
            return;
        }

        if (value.AsSpan().ContainsAny('\'', '\\'))
        {
            throw new ArgumentException($"A match rule cannot look for quotes or backslashes, as in {key}={value}.");
        }

        text.Append(',').Append(key).Append("='").Append(value).Append('\'');
    }
}
