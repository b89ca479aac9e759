using System.Globalization;
using System.Text;
using VmTools.Host.Programs;
using VmTools.Linux;

namespace VmTools.Host.Crashes.Debugging;

/// <summary>
/// Has lldb walk the stacks of a minidump. A guest made the file, so lldb runs apart: without a network where the kernel lets us, with a
/// bound on memory, time and output, without files of settings, scripts of symbol files and an environment; the minidump is its fd 3.
/// </summary>
internal sealed class Debugger(string searchPath, Reaper reaper, TimeProvider clock)
{
    public const string Missing = "lldb is not installed, so there is no more of the stacks than where each thread was. 'apt install lldb' brings it.";

    private const int MostFrames = 128;
    private const int MostOutput = 8 << 20;
    private const string MostMemory = "--as=8589934592";
    private const string SystemDebugFiles = "/usr/lib/debug";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TrialLimit = TimeSpan.FromSeconds(5);

    /// <summary>Debian has it under its plain name, and each version under its own.</summary>
    private static readonly string[] Names = ["lldb", .. Enumerable.Range(14, 12).Reverse().Select(version => string.Create(CultureInfo.InvariantCulture, $"lldb-{version}"))];

    private static readonly IReadOnlyDictionary<string, string> Environment = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["PATH"] = "/usr/bin:/bin",
        ["LANG"] = "C.UTF-8",
        ["HOME"] = "/nonexistent",
        ["DEBUGINFOD_URLS"] = "",
    };

    /// <summary>The stacks, of the thread that died or of all, or why there are none.</summary>
    public async Task<DebuggerAnswer> WalkAsync(string dump, SymbolPlaces places, bool isAll, CancellationToken cancel)
    {
        if (Names.Select(Find).FirstOrDefault(found => found is not null) is not { } lldb)
        {
            return new DebuggerAnswer(null, Missing);
        }

        using var file = FdHandle.Open(dump, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        string[] command = [.. await JailAsync(cancel), lldb, .. Arguments(places, isAll)];
        try
        {
            var request = new SpawnRequest(command[0], command) { Environment = Environment, WorkingDirectory = "/", PassFds = [file] };
            var outcome = await new BoundedProgram(request, Limit, MostOutput).RunAsync(reaper, clock, cancel);
            var stacks = BacktraceText.Parse(Encoding.UTF8.GetString(outcome.Output));
            return stacks.Count > 0 ? new DebuggerAnswer(stacks, null) : new DebuggerAnswer(null, $"lldb found no stacks in the minidump: it ended with {outcome.Status}.");
        }
        catch (Exception refused) when (refused is TimeoutException or LinuxException)
        {
            return new DebuggerAnswer(null, refused is TimeoutException ? $"lldb took longer than {Limit.TotalSeconds} s and was ended." : $"lldb cannot be started: {refused.Message}");
        }
    }

    private static IEnumerable<string> Arguments(SymbolPlaces places, bool isAll) =>
        ["--batch", "--no-lldbinit", "--no-use-colors", "--script-language", "none", .. Commands(places, isAll).SelectMany(line => new[] { "-o", line })];

    private static IEnumerable<string> Commands(SymbolPlaces places, bool isAll)
    {
        yield return $"settings set thread-format \"{BacktraceText.ThreadFormat}\"";
        yield return $"settings set thread-stop-format \"{BacktraceText.ThreadFormat}\"";
        yield return $"settings set frame-format \"{BacktraceText.FrameFormat}\"";
        yield return "settings set symbols.enable-external-lookup false";
        yield return "settings set target.load-script-from-symbol-file false";
        yield return "settings set target.load-cwd-lldbinit false";
        var directories = places.Symbols.Where(Directory.Exists).Select(Quoted).ToList();
        List<string> debugFiles = [.. directories, .. places.Sysroot is { } root ? [Quoted(root + SystemDebugFiles)] : Array.Empty<string>(), SystemDebugFiles];
        yield return $"settings set target.debug-file-search-paths {string.Join(' ', debugFiles)}";
        if (directories.Count > 0)
        {
            yield return $"settings set target.exec-search-paths {string.Join(' ', directories)}";
        }

        if (places.Sysroot is not null)
        {
            yield return $"platform select --sysroot {Quoted(places.Sysroot)} remote-linux";
        }

        yield return "target create --core /proc/self/fd/3";
        foreach (var symbols in places.Symbols.Where(File.Exists))
        {
            yield return $"target symbols add {Quoted(symbols)}";
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"thread backtrace -c {MostFrames}{(isAll ? " all" : "")}");
    }

    private static string Quoted(string path) => $"\"{path}\"";

    /// <summary>The programs that take rights and resources away before lldb begins, as far as they are there and may.</summary>
    private async Task<IReadOnlyList<string>> JailAsync(CancellationToken cancel)
    {
        List<string> jail = [];
        if (Find("prlimit") is { } prlimit)
        {
            jail.AddRange([prlimit, MostMemory, "--core=0", "--"]);
        }

        if (Find("unshare") is { } unshare)
        {
            string[] withoutNetwork = Users.EffectiveId == 0 ? [unshare, "--net", "--"] : [unshare, "--user", "--map-current-user", "--net", "--"];
            jail.AddRange(await WorksAsync([.. withoutNetwork, "/bin/true"], cancel) ? withoutNetwork : []);
        }

        if (Find("setpriv") is { } setpriv)
        {
            jail.AddRange([setpriv, "--no-new-privs", "--"]);
        }

        return jail;
    }

    private async Task<bool> WorksAsync(string[] command, CancellationToken cancel)
    {
        try
        {
            var request = new SpawnRequest(command[0], command) { Environment = Environment, WorkingDirectory = "/" };
            return (await new BoundedProgram(request, TrialLimit, MostOutput: 0).RunAsync(reaper, clock, cancel)).Status.Code == 0;
        }
        catch (Exception refused) when (refused is TimeoutException or LinuxException)
        {
            return false;
        }
    }

    private string? Find(string program) =>
        searchPath.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
}
