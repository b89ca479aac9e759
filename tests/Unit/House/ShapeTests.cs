using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace VmTools.Unit.House;

/// <summary>Sizes and places: small files and methods, one type a file, namespace = folder.</summary>
public sealed class ShapeTests
{
    private const int FileWall = 400;
    private const int MethodWall = 60;

    /// <summary>Columns; as <c>max_line_length</c> of .editorconfig says.</summary>
    private const int LineWall = 140;

    private const string ThreeQuotes = "\"\"\"";

    /// <summary>Files that may be longer, each with the reason it cannot be split.</summary>
    private static readonly Dictionary<string, string> LongFiles = new(StringComparer.Ordinal)
    {
    };

    /// <summary>Methods that may be longer, as file:name, each with its reason.</summary>
    private static readonly Dictionary<string, string> LongMethods = new(StringComparer.Ordinal)
    {
    };

    [Fact]
    public void No_file_is_longer_than_the_wall()
    {
        var tooLong = SourceTree.Files
            .Where(file => file.Lines.Length - 1 > FileWall && !LongFiles.ContainsKey(file.Path))
            .Select(file => $"{file.Path}: {file.Lines.Length - 1} lines");

        Assert.Empty(tooLong);
    }

    [Fact]
    public void No_method_is_longer_than_the_wall()
    {
        var tooLong = SourceTree.Files
            .SelectMany(file => Members(file).Select(member => (file, member, length: Length(member))))
            .Where(found => found.length > MethodWall && !LongMethods.ContainsKey($"{found.file.Path}:{Name(found.member)}"))
            .Select(found => $"{found.file.Path}:{Name(found.member)}: {found.length} lines");

        Assert.Empty(tooLong);
    }

    /// <summary>Raw and verbatim text is as long as what it stands for: a help text, a file, a table, a pattern.</summary>
    [Fact]
    public void No_line_is_longer_than_the_wall()
    {
        var tooLong = SourceTree.Files
            .SelectMany(file => file.Lines.Index().Where(line => line.Item.Length > LineWall && !IsInRawText(file, line.Index))
                .Select(line => $"{file.Path}:{line.Index + 1}: {line.Item.Length} columns"));

        Assert.Empty(tooLong);
    }

    [Fact]
    public void The_exceptions_still_exist()
    {
        Assert.All(LongFiles.Keys, path => Assert.Contains(
            SourceTree.Files, file => file.Path == path && file.Lines.Length - 1 > FileWall));
        Assert.All(LongMethods.Keys, key => Assert.Contains(
            SourceTree.Files.SelectMany(file => Members(file).Select(member => (file, member))),
            found => $"{found.file.Path}:{Name(found.member)}" == key && Length(found.member) > MethodWall));
    }

    [Fact]
    public void The_namespace_of_a_source_file_is_its_folder()
    {
        var misplaced = SourceTree.Source
            .Where(file => !file.Path.EndsWith("/Program.cs", StringComparison.Ordinal))
            .Select(file => (file, found: Namespace(file), wanted: Wanted(file.Path)))
            .Where(pair => pair.found != pair.wanted)
            .Select(pair => $"{pair.file.Path}: is {pair.found}, should be {pair.wanted}");

        Assert.Empty(misplaced);
    }

    [Fact]
    public void A_source_file_holds_the_type_it_is_named_for()
    {
        var foreign = SourceTree.Source
            .Where(file => !file.Path.EndsWith("/Program.cs", StringComparison.Ordinal))
            .Where(file => !TypeNames(file).Contains(Path.GetFileName(file.Path).Split('.')[0]))
            .Select(file => $"{file.Path}: declares {string.Join(", ", TypeNames(file))}");

        Assert.Empty(foreign);
    }

    private static bool IsInRawText(SourceFile file, int line) =>
        file.Syntax.DescendantNodes(file.Syntax.SyntaxTree.GetText().Lines[line].Span)
        .OfType<ExpressionSyntax>()
        .Where(node => node is LiteralExpressionSyntax or InterpolatedStringExpressionSyntax)
        .Select(node => node.GetFirstToken().Text.TrimStart('$'))
        .Any(text => text.StartsWith(ThreeQuotes, StringComparison.Ordinal) || text.StartsWith('@'));

    private static string Wanted(string path) =>
        "VmTools." + Path.GetDirectoryName(path)!["src/".Length..].Replace('/', '.');

    private static string? Namespace(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<FileScopedNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString();

    private static IEnumerable<string> TypeNames(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>().Select(type => type.Identifier.Text)
            .Concat(file.Syntax.DescendantNodes().OfType<DelegateDeclarationSyntax>().Select(type => type.Identifier.Text));

    private static IEnumerable<SyntaxNode> Members(SourceFile file) =>
        file.Syntax.DescendantNodes()
            .Where(node => node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax);

    private static int Length(SyntaxNode member)
    {
        var span = member.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static string Name(SyntaxNode member) => member switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        LocalFunctionStatementSyntax local => local.Identifier.Text,
        _ => member.GetType().Name,
    };
}
