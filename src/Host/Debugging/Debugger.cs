using System.Globalization;
using System.Text;
using VmTools.Crash.Minidumps;
using VmTools.Host.Programs;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Debugging;

/// <summary>
/// Has lldb walk the stacks of a minidump. A guest made the file, so lldb runs apart: without a network where the kernel lets us, with a
/// bound on memory, time and output, without files of settings, scripts of symbol files and an environment; the minidump is its fd 3.
/// </summary>
internal sealed class Debugger(ProgramFinder programs, string temporary, Reaper reaper, TimeProvider clock)
{
    public const string Missing = "lldb is not installed, so there is no more of the stacks than where each thread was. "
        + "'apt install lldb' brings it.";

    private const int MostOutput = 8 << 20;
    private const string MostMemory = "--as=8589934592";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TrialLimit = TimeSpan.FromSeconds(5);

    /// <summary>Debian has it under its plain name, and each version under its own.</summary>
    private static readonly string[] Names =
    [
        "lldb", .. Enumerable.Range(14, 12).Reverse().Select(version => string.Create(CultureInfo.InvariantCulture, $"lldb-{version}")),
    ];

    private static readonly IReadOnlyDictionary<string, string> Environment = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["PATH"] = "/usr/bin:/bin",
        ["LANG"] = "C.UTF-8",
        ["HOME"] = "/nonexistent",
        ["DEBUGINFOD_URLS"] = "",
    };

    /// <summary>The stacks, or why there are none.</summary>
    public async Task<DebuggerAnswer> WalkAsync(DebuggerRequest request, CancellationToken cancel)
    {
        if (Names.Select(programs.Find).FirstOrDefault(found => found is not null) is not { } lldb)
        {
            return new DebuggerAnswer(null, Missing);
        }

        try
        {
            using var links = SymbolLinks.Of(request.Dump, request.Places, temporary);
            return await WalkAsync(lldb, request, links, cancel);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return new DebuggerAnswer(
                null,
                $"lldb needs a directory for temporary files, and '{temporary}' cannot be used: {refused.Message}. TMPDIR names another.");
        }
    }

    private async Task<DebuggerAnswer> WalkAsync(string lldb, DebuggerRequest request, SymbolLinks links, CancellationToken cancel)
    {
        using var file = FdHandle.Open(request.Path, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        string[] command = [.. await JailAsync(cancel), lldb, .. Arguments(DebuggerCommands.Of(request, links))];
        try
        {
            var spawn = new SpawnRequest(command[0], command) { Environment = Environment, WorkingDirectory = "/", PassFds = [file] };
            var outcome = await new BoundedProgram(spawn, Limit, MostOutput).RunAsync(reaper, clock, cancel);
            var stacks = BacktraceText.Parse(Encoding.UTF8.GetString(outcome.Output));
            return stacks.Count > 0
                ? new DebuggerAnswer(stacks, null)
                : new DebuggerAnswer(null, $"lldb found no stacks in the minidump: it ended with {outcome.Status}.");
        }
        catch (Exception refused) when (refused is TimeoutException or LinuxException)
        {
            var problem = refused is TimeoutException
                ? $"lldb took longer than {Limit.TotalSeconds} s and was ended."
                : $"lldb cannot be started: {refused.Message}";
            return new DebuggerAnswer(null, problem);
        }
    }

    private static IEnumerable<string> Arguments(IEnumerable<string> commands) =>
        ["--batch", "--no-lldbinit", "--no-use-colors", "--script-language", "none", .. commands.SelectMany(line => new[] { "-o", line })];

    /// <summary>The programs that take rights and resources away before lldb begins, as far as they are there and may.</summary>
    private async Task<IReadOnlyList<string>> JailAsync(CancellationToken cancel)
    {
        List<string> jail = [];
        if (programs.Find("prlimit") is { } prlimit)
        {
            jail.AddRange([prlimit, MostMemory, "--core=0", "--"]);
        }

        if (programs.Find("unshare") is { } unshare)
        {
            string[] withoutNetwork = Users.EffectiveId == 0
                ? [unshare, "--net", "--"]
                : [unshare, "--user", "--map-current-user", "--net", "--"];
            jail.AddRange(await WorksAsync([.. withoutNetwork, "/bin/true"], cancel) ? withoutNetwork : []);
        }

        if (programs.Find("setpriv") is { } setpriv)
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
}

/// <summary>A minidump whose stacks are wanted, of the thread that died or of all; what is in the file has been read already.</summary>
internal sealed record DebuggerRequest(string Path, MinidumpFile Dump, SymbolPaths Places, bool IsAll);

/// <summary>The stacks by thread id, or why there are none.</summary>
internal sealed record DebuggerAnswer(IReadOnlyDictionary<uint, IReadOnlyList<StackFrame>>? Stacks, string? Problem);
