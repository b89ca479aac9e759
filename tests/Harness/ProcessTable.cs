using System.Globalization;
using System.Runtime.InteropServices;

namespace VmTools.Harness;

/// <summary>Processes of the host, as /proc shows them (proc(5)).</summary>
public static partial class ProcessTable
{
    public static bool IsAlive(int pid) => Directory.Exists($"/proc/{pid}") && StateOf(pid) != 'Z';

    public static int OpenFiles(int pid) => Directory.GetFiles($"/proc/{pid}/fd").Length;

    /// <summary>Those that were started with this variable in their environment.</summary>
    public static IReadOnlyList<int> With(string variable, string value) =>
        [.. All().Where(pid => Words(pid, "environ").Contains($"{variable}={value}"))];

    /// <summary>The command line, one word an item.</summary>
    public static IReadOnlyList<string> CommandLineOf(int pid) => Words(pid, "cmdline");

    public static void Kill(int pid) => Send(pid, 9);

    public static void Send(int pid, int signal) => _ = SendSignal(pid, signal);

    /// <summary>Whether all of them are gone within the limit.</summary>
    public static async Task<bool> HaveEndedAsync(IEnumerable<int> pids, TimeSpan limit)
    {
        var left = pids.ToList();
        for (var end = DateTime.UtcNow + limit; DateTime.UtcNow < end; await Task.Delay(20))
        {
            left.RemoveAll(pid => !IsAlive(pid));
            if (left.Count == 0)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<int> All() =>
        Directory.GetDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && pid != Environment.ProcessId);

    private static char StateOf(int pid)
    {
        var stat = TryRead($"/proc/{pid}/stat");
        var afterName = stat.LastIndexOf(')');
        return afterName < 0 ? 'Z' : stat[afterName + 2];
    }

    private static string[] Words(int pid, string file) =>
        TryRead($"/proc/{pid}/{file}").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    private static string TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
