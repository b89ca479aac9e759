using System.Diagnostics.CodeAnalysis;

namespace VmTools.Guest.Tremplin;

/// <summary>The name of a user in a container, as useradd(8) takes it everywhere.</summary>
internal sealed record UserName
{
    public const int MaxLength = 32;

    /// <summary>The rule, for the one who gave another name.</summary>
    public const string Rule =
        "a user's name has 1 to 32 lower-case letters, digits, hyphens and underscores and begins with a letter or an underscore";

    private UserName(string value) => Value = value;

    public string Value { get; }

    public static bool TryParse(string text, [NotNullWhen(true)] out UserName? name)
    {
        name = text.Length is > 0 and <= MaxLength
            && (char.IsAsciiLetterLower(text[0]) || text[0] == '_')
            && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '_')
            ? new UserName(text)
            : null;
        return name is not null;
    }

    public override string ToString() => Value;
}
