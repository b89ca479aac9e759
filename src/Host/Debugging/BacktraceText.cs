using System.Globalization;
using VmTools.Host.GuestText;

namespace VmTools.Host.Debugging;

/// <summary>
/// What lldb prints with the formats we give it: a line <c>@thread</c> with number and id, and a line <c>@frame</c> with number, address,
/// function, offset, file and line, with tabs between. Names come from symbol tables that a guest may have written.
/// </summary>
internal static class BacktraceText
{
    public const string ThreadFormat = @"@thread\t${thread.index}\t${thread.id%tid}\n";
    public const string FrameFormat = @"@frame\t${frame.index}\t${frame.pc}\t{${function.name}}\t{${function.pc-offset}}"
        + @"\t{${line.file.basename}}\t{${line.number}}\n";

    private const string ThreadMark = "@thread\t";
    private const string FrameMark = "@frame\t";
    private const int MostText = 512;

    public static IReadOnlyDictionary<uint, IReadOnlyList<StackFrame>> Parse(string output)
    {
        Dictionary<uint, IReadOnlyList<StackFrame>> stacks = [];
        List<StackFrame>? frames = null;
        foreach (var line in output.Split('\n'))
        {
            if (FieldsAfter(ThreadMark, line) is [_, var id]
                && uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var thread))
            {
                stacks[thread] = frames = [];
            }
            else if (FieldsAfter(FrameMark, line) is [_, var address, var function, var offset, var file, var number]
                && TryHex(address, out var at))
            {
                frames?.Add(new StackFrame(at)
                {
                    Function = Text(function),
                    FunctionOffset = OffsetIn(offset),
                    File = Text(file),
                    Line = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var row) ? row : null,
                });
            }
        }

        return stacks;
    }

    private static string[]? FieldsAfter(string mark, string line) =>
        line.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? line[(at + mark.Length)..].TrimEnd('\r').Split('\t') : null;

    private static bool TryHex(string text, out ulong value)
    {
        value = 0;
        return text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static long? OffsetIn(string field)
    {
        var digits = field.Replace(" ", "", StringComparison.Ordinal).TrimStart('+');
        return long.TryParse(digits, CultureInfo.InvariantCulture, out var offset) ? offset : null;
    }

    /// <summary>lldb gives functions without a symbol a name of its own, which is none.</summary>
    private static string? Text(string field) =>
        field.Length == 0 || field.StartsWith("___lldb_unnamed_symbol", StringComparison.Ordinal)
            ? null
            : SafeText.ForFile(field, MostText);
}
