namespace VmTools.DBus.Link;

/// <summary>
/// The grammar of names and paths, section "Valid Names" of the D-Bus specification. A bus ends the connection of a program that
/// sends a message with a wrong one, so each is checked before it is sent.
/// </summary>
internal static class BusSyntax
{
    private const int MaxLength = 255;

    /// <exception cref="DBusException">A part breaks the syntax: a defect of ours, or a user's mistake that was passed on.</exception>
    internal static void Check(string path, string @interface, string member)
    {
        Require(IsObjectPath(path), "object path", path);
        Require(IsInterface(@interface), "interface", @interface);
        Require(IsElement(member) && member.Length <= MaxLength, "member", member);
    }

    internal static void CheckDestination(string name) => Require(IsBusName(name), "bus name", name);

    internal static bool IsObjectPath(string path) =>
        path == "/"
        || (path.StartsWith('/') && path[1..].Split('/').All(static element => element.Length > 0 && element.All(IsNameCharacter)));

    /// <summary>The rule of interfaces holds for error names too.</summary>
    internal static bool IsInterface(string name) =>
        name.Length <= MaxLength && name.Contains('.', StringComparison.Ordinal) && name.Split('.').All(IsElement);

    /// <summary>A unique name begins with a colon; elements of it may begin with a digit.</summary>
    internal static bool IsBusName(string name)
    {
        var unique = name.StartsWith(':');
        var elements = (unique ? name[1..] : name).Split('.');
        return name.Length <= MaxLength && elements.Length > 1 && elements.All(element =>
            element.Length > 0
            && (unique || !char.IsAsciiDigit(element[0]))
            && element.All(static character => character == '-' || IsNameCharacter(character)));
    }

    private static bool IsElement(string element) =>
        element.Length > 0 && !char.IsAsciiDigit(element[0]) && element.All(IsNameCharacter);

    private static bool IsNameCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character == '_';

    private static void Require(bool valid, string what, string text)
    {
        if (!valid)
        {
            throw new DBusException(BusErrors.InvalidArgs, $"'{text}' is no D-Bus {what}.");
        }
    }
}
