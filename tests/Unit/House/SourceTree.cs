using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace VmTools.Unit.House;

/// <summary>The project's own source files, found from this file's place and parsed once.</summary>
internal static class SourceTree
{
    private static readonly string[] Tops = ["src", "tests", "bench"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> AllFiles = new(Load);

    /// <summary>The root of the checkout.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every hand-written C# file below src, tests and bench.</summary>
    public static IReadOnlyList<SourceFile> Files => AllFiles.Value;

    /// <summary>The hand-written C# files of the programs.</summary>
    public static IEnumerable<SourceFile> Source => Files.Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal));

    private static string FindRoot()
    {
        // PathMap hides the compiler's path, so the running test's own directory is the way back to the checkout.
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "VmTools.slnx")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException($"The checkout was not found above {AppContext.BaseDirectory}.");
    }

    private static SourceFile[] Load() =>
    [
        .. Tops
            .SelectMany(top => Directory.EnumerateFiles(Path.Combine(Root, top), "*.cs", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(path, File.ReadAllText(Path.Combine(Root, path)))),
    ];
}

/// <summary>One source file: its path below the root, its text and its syntax tree.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    private SyntaxNode? _syntax;

    public SyntaxNode Syntax => _syntax ??= CSharpSyntaxTree.ParseText(Text).GetRoot();

    public string[] Lines { get; } = Text.Split('\n');

    public override string ToString() => Path;
}
