using Spectre.Console;

namespace VmTools.Host.Vmc;

/// <summary>A table for people: no lines, two spaces between columns, colours only for a terminal.</summary>
internal sealed class VmcTable
{
    private readonly Table _table = new() { Border = TableBorder.None, ShowRowSeparators = false };

    public VmcTable(params string[] columns)
    {
        foreach (var column in columns)
        {
            _table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }
    }

    public VmcTable Add(params string?[] cells)
    {
        _table.AddRow(cells.Select(cell => new Text(Printable(cell ?? "-"))));
        return this;
    }

    public void Write(VmcConsole console)
    {
        var ansi = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(console.Output),
            Ansi = console.IsOutputTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = console.IsOutputTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        // A table that is piped is read by a program or a pager: it is not cut to a screen's width.
        ansi.Profile.Width = console.IsOutputTerminal ? console.Width : 1000;
        ansi.Write(_table);
    }

    /// <summary>A VM's name may hold anything; what steers a terminal is shown and not done.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '�' : c)) : text;
}
