using VmTools.Host.Vmc.Cli;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Cli;

/// <summary>Nothing that vmc says drives the terminal, whoever chose the words in it.</summary>
public sealed class VmcConsoleTests
{
    [Fact]
    public void Results_and_sentences_keep_their_lines_and_nothing_else_that_is_not_seen()
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var console = new VmcConsole(output, error, TextReader.Null);

        console.Print("VM 'a\u202eb' is stopped.");
        console.Say("It says:\n  \x1b[2Jgone");

        Assert.Equal("VM 'a\ufffdb' is stopped.\n", output.ToString());
        Assert.Equal("It says:\n  \ufffd[2Jgone\n", error.ToString());
    }

    [Theory]
    [InlineData("start", "a\u202eb")]
    [InlineData("--a\u202eb")]
    [InlineData("a\u202eb")]
    [InlineData("crash", "show", "a\u202eb")]
    public async Task Mistakes_are_told_without_what_turns_text_around(params string[] words)
    {
        var run = await VmcRun.OfAsync(words);

        Assert.Contains("a\ufffdb", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202e', run.Output + run.Error);
    }

    [Fact]
    public async Task Mistakes_are_told_to_programs_as_they_are_and_escaped()
    {
        var run = await VmcRun.OfAsync("crash", "show", "a\u202eb", "--json");

        Assert.Contains("'a\\u202Eb'", run.Error, StringComparison.Ordinal);
    }
}
