using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace VmTools.Unit.House;

/// <summary>What may be written where: native imports, unsafe code, suppressions, words.</summary>
public sealed class BoundaryTests
{
    /// <summary>Folders and files in which code may be unsafe, with the reason.</summary>
    private static readonly Dictionary<string, string> UnsafePlaces = new(StringComparer.Ordinal)
    {
        ["src/Linux/"] = "system calls take pointers",
        ["src/Virtio/Memory/GuestMemory.cs"] = "the one place that touches guest memory",
        ["tests/"] = "fakes play the kernel's and the guest's part",
        ["bench/"] = "raw peers are measured",
    };

    [Fact]
    public void Native_imports_stand_in_their_rooms_only()
    {
        var imports = SourceTree.Source.Where(file => HasAttribute(file, "LibraryImport") || HasAttribute(file, "DllImport"));

        Assert.All(imports, file => Assert.True(
            file.Path.StartsWith("src/Linux/Libc/", StringComparison.Ordinal),
            $"{file.Path} imports native code; a system call belongs to src/Linux/Libc."));
    }

    [Fact]
    public void The_library_of_D_Bus_is_named_in_its_room_only()
    {
        var others = SourceTree.Source
            .Where(file => file.Text.Contains("Tmds.DBus", StringComparison.Ordinal))
            .Where(file => !file.Path.StartsWith("src/DBus/Link/", StringComparison.Ordinal)
                && !file.Path.StartsWith("src/DBus/Serving/", StringComparison.Ordinal));

        Assert.Empty(others);
    }

    [Fact]
    public void Imports_are_source_generated()
    {
        Assert.DoesNotContain(SourceTree.Source, file => HasAttribute(file, "DllImport"));
    }

    [Fact]
    public void Unsafe_code_stands_in_its_places_only()
    {
        var found = SourceTree.Files
            .Where(file => file.Syntax.DescendantTokens().Any(token => token.IsKind(SyntaxKind.UnsafeKeyword)))
            .Where(file => !UnsafePlaces.Keys.Any(place => file.Path.StartsWith(place, StringComparison.Ordinal)))
            .Select(file => file.Path);

        Assert.Empty(found);
    }

    [Fact]
    public void A_suppression_gives_its_reason_on_the_line()
    {
        var bare = SourceTree.Files.SelectMany(file => file.Lines
            .Select((text, index) => (file.Path, line: index + 1, text: text.Trim()))
            .Where(line => line.text.StartsWith("#pragma warning disable", StringComparison.Ordinal)
                && !line.text.Contains("//", StringComparison.Ordinal)))
            .Select(line => $"{line.Path}:{line.line}");

        Assert.Empty(bare);
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        // Assembled here so that this file does not find itself.
        string[] words = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:", "NotImplemented" + "Exception"];

        var left = SourceTree.Files.SelectMany(
            file => words.Where(word => file.Text.Contains(word, StringComparison.Ordinal)).Select(word => $"{file.Path}: {word}"));

        Assert.Empty(left);
    }

    [Fact]
    public void No_method_is_async_void()
    {
        var found = SourceTree.Files
            .Where(file => file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>().Any(method =>
                method.Modifiers.Any(SyntaxKind.AsyncKeyword) && method.ReturnType.ToString() == "void"))
            .Select(file => file.Path);

        Assert.Empty(found);
    }

    [Fact]
    public void Type_names_avoid_the_words_that_say_nothing()
    {
        string[] unwelcome = ["Manager", "Helper", "Util", "Utils", "Impl", "Misc", "Wrapper", "Processor", "Engine"];

        var named = SourceTree.Source
            .SelectMany(file => file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
                .Select(type => (file.Path, type.Identifier.Text)))
            .Where(type => unwelcome.Any(word => type.Text.EndsWith(word, StringComparison.Ordinal)))
            .Select(type => $"{type.Path}: {type.Text}");

        Assert.Empty(named);
    }

    private static bool HasAttribute(SourceFile file, string name) =>
        file.Syntax.DescendantNodes().OfType<AttributeSyntax>().Any(attribute => attribute.Name.ToString() == name);
}
