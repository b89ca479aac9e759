using VmTools.Host.Vmc.Cli;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Cli;

/// <summary>A table at the widths of terminals: fewer columns, but never a cell that is broken or cut.</summary>
public sealed class VmcTableTests
{
    private const string LongName = "machine-with-a-name-of-41-letters-0123456";

    [Theory]
    [InlineData(20, "NAME STATE")]
    [InlineData(40, "NAME STATE CID MEMORY DISK")]
    [InlineData(60, "NAME STATE CID PID MEMORY DISK")]
    [InlineData(80, "NAME STATE CID PID MEMORY DISK")]
    [InlineData(100, "NAME STATE CID PID MEMORY DISK")]
    [InlineData(200, "NAME STATE CID PID MEMORY DISK")]
    [InlineData(VmcConsole.Unlimited, "NAME STATE CID PID MEMORY DISK")]
    public void A_list_of_vms_keeps_names_and_states_at_every_width(int width, string titles)
    {
        var lines = Written(
            new VmcTable(new("NAME"), new("STATE"), new("CID", 2), new("PID", 4), new("MEMORY", 1), new("DISK", 3))
                .Add("demo", "running", "32", "4194303", "1.5 GiB", "12.5 GiB").Add("other", "stopped", null, null, null, "200 MiB"),
            width);

        Assert.Equal(titles.Split(' '), lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        Assert.Equal(3, lines.Length);
        Assert.Equal(titles.Contains("PID", StringComparison.Ordinal), lines[1].Contains("4194303", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(200)]
    public void A_long_name_stays_whole_at_every_width(int width)
    {
        var text = string.Join(
            '\n', Written(new VmcTable(new("NAME"), new("SIZE"), new("TYPE", 1)).Add(LongName, "1.5 MiB", "baguette"), width));

        Assert.Contains(width < 50 ? $"NAME\n  SIZE\n{LongName}\n  1.5 MiB" : $"\n{LongName}  1.5 MiB", text, StringComparison.Ordinal);
        Assert.Equal(width >= 60, text.Contains("baguette", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(20, "ID")]
    [InlineData(40, "VM ID WHAT")]
    [InlineData(60, "VM ID WHAT SIGNAL")]
    [InlineData(80, "TIME VM ID WHAT PID SIGNAL")]
    [InlineData(100, "TIME VM ID WHAT PID SIGNAL SIZE")]
    [InlineData(200, "TIME VM ID WHAT PID SIGNAL SIZE")]
    public void A_list_of_crashes_keeps_the_ids(int width, string titles)
    {
        var table = new VmcTable(new("TIME", 4), new("VM", 2), new("ID"), new("WHAT", 1), new("PID", 5), new("SIGNAL", 3), new("SIZE", 6))
            .Add("2026-11-24 10:00:00", "demo", "1a2b3c4d5e6f", "/usr/bin/sleep", "1234", "SIGSEGV", "120.5 KiB");

        var lines = Written(table, width);

        Assert.Equal(titles.Split(' '), lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
    }

    [Fact]
    public void Titles_are_bold_where_there_are_colours_and_plain_elsewhere()
    {
        using var output = new StringWriter { NewLine = "\n" };

        new VmcTable(new VmcColumn("NAME")).Add("demo")
            .Write(new VmcConsole(output, TextWriter.Null, TextReader.Null) { HasColours = true });

        Assert.Equal("\x1b[1mNAME\x1b[0m\ndemo\n", output.ToString());
        Assert.Equal(["NAME", "demo"], Written(new VmcTable(new VmcColumn("NAME")).Add("demo"), 80));
    }

    [Fact]
    public void Letters_that_take_two_cells_and_marks_that_take_none_stand_in_line() =>
        Assert.Equal(
            ["A     B", "日本  1", "e\u0301     2"], Written(new VmcTable(new("A"), new("B")).Add("日本", "1").Add("e\u0301", "2"), 80));

    [Fact]
    public void What_steers_a_terminal_or_turns_text_around_is_shown_and_not_done() =>
        Assert.Equal(["A", "a\ufffdb\ufffdc"], Written(new VmcTable(new VmcColumn("A")).Add("a\x1b" + "b\u202ec"), 80));

    [Theory]
    [InlineData("xterm", null, false)]
    [InlineData("xterm", "", false)]
    [InlineData("xterm", "1", true)]
    [InlineData("dumb", null, true)]
    [InlineData("", null, true)]
    [InlineData(null, null, true)]
    public void Who_wants_no_colours_gets_no_escape_sequence(string? terminal, string? noColour, bool isPlain) =>
        Assert.Equal(isPlain, VmcConsole.IsPlain(name => name == "TERM" ? terminal : name == "NO_COLOR" ? noColour : null));

    private static string[] Written(VmcTable table, int width)
    {
        using var output = new StringWriter { NewLine = "\n" };
        table.Write(new VmcConsole(output, TextWriter.Null, TextReader.Null) { Width = width });
        return output.ToString().TrimEnd('\n').Split('\n');
    }
}
