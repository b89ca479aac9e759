using System.Text.RegularExpressions;
using VmTools.Host.LogStore;

namespace VmTools.Host.Vmc.Logs;

/// <summary>What <c>vmc logs</c> is to show, and how.</summary>
internal sealed record LogsOptions(string Name)
{
    /// <summary>Empty: all of them, unless only panics are wanted.</summary>
    public IReadOnlyList<LogSource> Sources { get; init; } = [];

    /// <summary>What was kept of kernel panics and oopses.</summary>
    public bool Panics { get; init; }

    public bool Follow { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public Regex? Pattern { get; init; }

    /// <summary>Only what this container logs; null: all.</summary>
    public string? Container { get; init; }

    /// <summary>The least bad that is shown.</summary>
    public int MostSeverity { get; init; } = 7;

    /// <summary>Null: all there are.</summary>
    public int? Lines { get; init; }

    public bool AsJson { get; init; }

    /// <summary>Null: standard output.</summary>
    public string? File { get; init; }

    public bool Takes(in StoredRecord record, string text) =>
        record.Line.Severity <= MostSeverity
        && !(record.Line.Time < Since)
        && !(record.Line.Time > Until)
        && (Container is null || text.StartsWith($"{Container}/", StringComparison.Ordinal))
        && Pattern?.IsMatch(text) != false;
}
