using System.Text;

namespace VmTools.Bench;

/// <summary>The page of promises: hand-written but for the table between two marks.</summary>
internal static class PromisesPage
{
    private const string Begin = "<!-- measured by make bench: begin -->";
    private const string End = "<!-- measured by make bench: end -->";

    public static string Table(IReadOnlyList<Promise> promises)
    {
        var text = new StringBuilder("| what | measured | aim | met |\n| --- | --- | --- | --- |\n");
        foreach (var promise in promises)
        {
            var met = promise.IsMet switch { true => "yes", false => "**no**", null => "" };
            text.Append(null, $"| {promise.What} | {promise.Measured} | {promise.Aim} | {met} |\n");
        }

        return text.ToString();
    }

    public static void Write(string path, IReadOnlyList<Promise> promises)
    {
        var page = File.ReadAllText(path);
        var begin = page.IndexOf(Begin, StringComparison.Ordinal);
        var end = page.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new BenchException($"{path} lacks the marks between which the table stands.");
        }

        File.WriteAllText(path, $"{page[..(begin + Begin.Length)]}\n\n{Table(promises)}\n{page[end..]}");
    }
}
