using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace VmTools.Unit.House;

/// <summary>
/// The numbers of log events: one spelling, and each number means one thing in all programs, as several of them write into one log.
/// </summary>
public sealed class LogEventTests
{
    private static readonly IReadOnlyList<(string Path, AttributeSyntax Attribute)> Events =
    [
        .. SourceTree.Source.SelectMany(file => file.Syntax.DescendantNodes().OfType<AttributeSyntax>()
            .Where(attribute => attribute.Name.ToString() is "LoggerMessage" or "LoggerMessageAttribute")
            .Select(attribute => (file.Path, attribute))),
    ];

    [Fact]
    public void Every_event_gives_number_level_and_message_by_position()
    {
        var others = Events.Where(
            one => IdOf(one.Attribute) is null
            || Arguments(one.Attribute).Take(3).Any(argument => argument.NameEquals is not null || argument.NameColon is not null))
            .Select(one => $"{one.Path}: [{one.Attribute}]");

        Assert.NotEmpty(Events);
        Assert.True(!others.Any(), string.Join('\n', others));
    }

    [Fact]
    public void A_number_means_one_event_in_all_programs()
    {
        var twice = Events.Select(one => (one.Path, Id: IdOf(one.Attribute))).Where(one => one.Id is not null).GroupBy(one => one.Id)
            .Where(same => same.Count() > 1)
            .Select(same => $"{same.Key}: {string.Join(", ", same.Select(one => one.Path))}");

        Assert.True(!twice.Any(), string.Join('\n', twice));
    }

    private static SeparatedSyntaxList<AttributeArgumentSyntax> Arguments(AttributeSyntax attribute) =>
        attribute.ArgumentList?.Arguments ?? default;

    /// <summary>The number as the first argument; null where that is anything but a number.</summary>
    private static string? IdOf(AttributeSyntax attribute) =>
        Arguments(attribute).FirstOrDefault() is { Expression: LiteralExpressionSyntax literal }
            && literal.IsKind(SyntaxKind.NumericLiteralExpression)
            ? literal.Token.Text
            : null;
}
