using System.Globalization;
using System.Text;

namespace VmTools.Guest.CrashCollector.Facts;

/// <summary>The process that died and its ancestors, for a person to read.</summary>
internal static class ProcessTree
{
    public const int MaxGenerations = 8;
    public const int MaxCommandLine = 2048;
    public const int MaxStatus = 4096;

    /// <summary>A heading, the command line and the status of each; ends with the first one that is gone.</summary>
    public static string Read(string proc, int pid)
    {
        var text = new StringBuilder();
        int? next = pid;
        for (var generation = 0; generation < MaxGenerations && next is > 0; generation++)
        {
            var directory = string.Create(CultureInfo.InvariantCulture, $"{proc}/{next}");
            var status = ProcFiles.ReadText($"{directory}/status", MaxStatus);
            if (status.Length == 0)
            {
                break;
            }

            text.Append(CultureInfo.InvariantCulture, $"### Process {next}\ncmdline: {CommandLine(directory)}\n{status}\n");
            next = StatusText.ParentOf(status);
        }

        return text.ToString();
    }

    private static string CommandLine(string directory) =>
        ProcFiles.ReadText($"{directory}/cmdline", MaxCommandLine).TrimEnd('\0').Replace('\0', ' ').ReplaceLineEndings(" ");
}
