using System.Globalization;
using VmTools.Host.LogStore;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;

namespace VmTools.Host.Vmc.Machines;

/// <summary>What vmc says of a VM that its user expected to run: whether its kernel died, by the log it left.</summary>
internal static class LastPanic
{
    /// <summary>A kernel that dies says little after it has told why.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <summary>A sentence with a blank before it, or nothing.</summary>
    public static string Sentence(VmcContext context, string name) =>
        Of(context, name) is { } panic ? $" It died of a {panic}; 'vmc logs {name} --panic' shows more." : "";

    /// <summary><c>kernel panic: …</c> with its time, or null.</summary>
    public static string? Of(VmcContext context, string name)
    {
        if (!VmName.TryParse(name, out var parsed))
        {
            return null;
        }

        var places = VmLogPaths.Of(context.Instance.Directories, new VmId(context.Instance.Owner, parsed));
        try
        {
            var faults = KernelFaults.Read(places).ToList();
            return KernelFaults.LastPanic(faults) is { } panic
                && LastOf(places.FileOf(LogSource.Console)).Time <= faults[^1].Lines[^1].Time + Rest
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"kernel panic: {panic.Words} "
                    + $"({TimeZoneInfo.ConvertTime(panic.Time, context.Clock.LocalTimeZone):yyyy-MM-dd HH:mm:ss})")
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static StoredLine LastOf(string path) =>
        new LogHistory(LogSource.Console, path, TimeZoneInfo.Utc).Read().LastOrDefault().Line;
}
