using System.Globalization;
using System.Text;
using VmTools.Host.GuestText;

namespace VmTools.Host.Vmc.Cli;

/// <summary>
/// A table for people: no lines, two spaces between columns, bold titles where there are colours. No cell is ever broken or cut: a narrow
/// terminal gets fewer columns, and where even the ones that stay are too wide they stand below one another.
/// </summary>
internal sealed class VmcTable(params VmcColumn[] columns)
{
    private const string Gap = "  ";
    private const string Below = "\n  ";
    private const string Bold = "\x1b[1m";
    private const string Plain = "\x1b[0m";

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row, with one cell for each column; null is shown as a dash, and what could drive the terminal as U+FFFD.</summary>
    public VmcTable Add(params string?[] cells)
    {
        _rows.Add([.. cells.Select(cell => SafeText.ForCell(cell ?? "-"))]);
        return this;
    }

    public void Write(VmcConsole console)
    {
        var shown = ColumnsFor(console.Width);
        var isTooWide = TotalOf(shown) > console.Width;
        string Line(string[] cells) => isTooWide ? string.Join(Below, shown.Select(column => cells[column.Index])) : LineOf(shown, cells);
        var title = Line([.. columns.Select(column => column.Title)]);
        console.Output.WriteLine(console.HasColours ? Bold + title + Plain : title);
        foreach (var row in _rows)
        {
            console.Output.WriteLine(Line(row));
        }
    }

    /// <summary>The columns that fit, with their widths.</summary>
    private List<(int Index, int Width)> ColumnsFor(int available)
    {
        var shown = columns.Select((_, index) => (Index: index, Width: WidthOf(index))).ToList();
        while (TotalOf(shown) > available
            && shown.MaxBy(column => columns[column.Index].Rank) is var least && columns[least.Index].Rank > 0)
        {
            shown.Remove(least);
        }

        return shown;
    }

    private static long TotalOf(List<(int Index, int Width)> shown) =>
        shown.Sum(column => (long)column.Width) + (Gap.Length * (shown.Count - 1));

    private int WidthOf(int index) => _rows.Select(row => CellWidth(row[index])).Append(columns[index].Title.Length).Max();

    private static string LineOf(List<(int Index, int Width)> shown, string[] cells) =>
        string.Join(Gap, shown.Select(column => cells[column.Index] + new string(' ', column.Width - CellWidth(cells[column.Index]))))
            .TrimEnd();

    /// <summary>How many cells of a terminal a text takes: letters of East Asia take two, marks above a letter none.</summary>
    private static int CellWidth(string text) => text.EnumerateRunes().Sum(rune =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0 : IsWide(rune.Value) ? 2 : 1);

    private static bool IsWide(int point) => point
        is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6)
        or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);
}

/// <summary>
/// A column of a table. One with a <see cref="Rank"/> above 0 may be left out where the terminal is too narrow, the highest first; the
/// others always stay.
/// </summary>
internal readonly record struct VmcColumn(string Title, int Rank = 0);
