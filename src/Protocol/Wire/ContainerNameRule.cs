namespace VmTools.Protocol.Wire;

/// <summary>
/// What a container may be called, on the command line, on the wire and as a directory of the VM: a label of RFC 1123 that begins with a
/// letter.
/// </summary>
public static class ContainerNameRule
{
    /// <summary>The container that is meant where none is named.</summary>
    public const string Default = "penguin";

    public const int MaxLength = 63;

    /// <summary>The rule as the errors and the help tell it.</summary>
    public const string Sentence =
        "A container's name begins with a lower-case letter, goes on with lower-case letters, digits and '-', does not end with '-', "
        + "and has at most 63 characters.";

    public static bool Allows(string name) =>
        name.Length is > 0 and <= MaxLength
        && char.IsAsciiLetterLower(name[0])
        && name[^1] != '-'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
