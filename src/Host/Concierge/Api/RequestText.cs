using System.Text;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Api;

/// <summary>Texts of a request that go on to programs, kernels and logs: of bounded length, and without control characters.</summary>
internal static class RequestText
{
    /// <summary>PATH_MAX, and what mount(2) reads of its options.</summary>
    private const int MostBytes = 4096;

    private const int MostTexts = 64;

    public static string Check(string text, string field)
    {
        if (text.Any(char.IsControl))
        {
            throw Refused($"{field} holds a control character, such as a line feed. Leave it out.");
        }

        var bytes = Encoding.UTF8.GetByteCount(text);
        return bytes <= MostBytes ? text : throw Refused($"{field} has {bytes} bytes; at most {MostBytes} can be taken.");
    }

    public static IReadOnlyList<string> CheckAll(IReadOnlyCollection<string> texts, string field) =>
        texts.Count <= MostTexts
            ? [.. texts.Select(text => Check(text, field))]
            : throw Refused($"{field} has {texts.Count} entries; at most {MostTexts} can be taken.");

    public static VmToolsException Refused(string sentence) => new(ErrorKind.InvalidArgument, sentence);
}
