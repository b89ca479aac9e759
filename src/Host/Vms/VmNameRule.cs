using VmTools.Host.GuestText;

namespace VmTools.Host.Vms;

/// <summary>
/// What a VM may be called on the command line. Over D-Bus a client may choose any name that becomes a file name, so a VM with another name
/// can exist: the commands still list it, look at it, stop it and destroy its disk, but make no such VM.
/// </summary>
internal static class VmNameRule
{
    /// <summary>As long as a name may be over D-Bus.</summary>
    public const int MaxLength = 60;

    /// <summary>The rule as the errors and the help tell it.</summary>
    public const string Sentence =
        "A VM's name begins with a letter or digit, goes on with letters, digits, '.', '_' and '-', and has at most 60 characters.";

    public static bool Allows(string name) =>
        name.Length is > 0 and <= MaxLength
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>Why this cannot be the name of a new VM, in words that are safe for a terminal; null where it can.</summary>
    public static string? MistakeIn(string name) =>
        Allows(name) ? null
        : name.Length == 0 ? $"A VM's name cannot be empty. {Sentence}"
        : $"'{Shown(name)}' cannot be the name of a VM. {Sentence}";

    /// <summary>For the end of an error about a VM that is not there: the rule, with a blank before it, where the name breaks it.</summary>
    public static string Reminder(string name) => Allows(name) ? "" : $" {Sentence}";

    /// <summary>A name within a sentence: what could drive a terminal is replaced, and what is far too long is cut.</summary>
    public static string Shown(string name) => SafeText.ForSentence(name, MaxLength);
}
