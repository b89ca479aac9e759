using System.Globalization;
using System.Text.RegularExpressions;
using VmTools.Harness;

namespace VmTools.SystemTests;

/// <summary>What lldb and gdb say of a core or a minidump, with the programs and libraries of the machine at hand.</summary>
internal sealed partial class Debugger(string root, string programs)
{
    /// <summary>An overflown stack has more frames than anybody reads.</summary>
    private const int Frames = 24;

    /// <summary>A core does not always name its program; a minidump has to.</summary>
    public Task<DebuggerView> LookAtCoreAsync(string core, string program)
    {
        var ours = Path.Combine(programs, Path.GetFileName(program));
        return LookAsync($"{core} {(File.Exists(ours) ? ours : root + program)}");
    }

    public async Task<DebuggerView> LookAsync(string file)
    {
        string[] places = [programs, $"{root}/usr/lib/x86_64-linux-gnu", $"{root}/lib64", $"{root}/usr/bin", $"{root}/opt/google/vmtools",
            $"{root}/opt/google/vmtools/lib"];
        var result = await RunAsync(
            "lldb", "--no-lldbinit", "--batch",
            "-o", $"settings set target.exec-search-paths {string.Join(' ', places)}",
            "-o", $"settings set target.debug-file-search-paths {CrashMachine.DebugFiles}",
            "-o", $"platform select --sysroot {root} remote-linux",
            "-o", $"target create --core {file}",
            "-o", "thread list",
            "-o", $"thread backtrace all -c {Frames}",
            "-o", "image list -u -h -f",
            "-o", "register read");
        return Parse(result);
    }

    /// <summary>Signal, code, fault address and files of a core as gdb reads them from its notes.</summary>
    public static async Task<CoreFacts> FactsOfCoreAsync(string core)
    {
        var output = await RunAsync(
            "gdb", "-nx", "-batch", "-core", core,
            "-ex", "printf \"si %d %d %lu\\n\", $_siginfo.si_signo, $_siginfo.si_code, $_siginfo._sifields._sigfault.si_addr",
            "-ex", "info proc mappings");
        var words = output.Split('\n').Single(line => line.StartsWith("si ", StringComparison.Ordinal)).Split(' ');
        return new CoreFacts(
            int.Parse(words[1], CultureInfo.InvariantCulture),
            int.Parse(words[2], CultureInfo.InvariantCulture),
            ulong.Parse(words[3], CultureInfo.InvariantCulture),
            [.. MappingLine().Matches(output)
                .Select(file => (Hex(file.Groups["start"].Value), Hex(file.Groups["end"].Value), file.Groups["path"].Value))]);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var result = await (HostCommand.Of(program, arguments) with
        {
            Environment = new Dictionary<string, string> { ["LC_ALL"] = "C.UTF-8" },
        }).RunAsync();
        return result.Code == 0 ? result.Output : throw new InvalidOperationException($"{program}: {result}");
    }

    private static DebuggerView Parse(string output)
    {
        var threads = new List<IReadOnlyList<string>>();
        var stopped = "";
        List<string>? frames = null;
        var inBacktrace = false;
        foreach (var line in output.Split('\n'))
        {
            inBacktrace |= line.StartsWith("(lldb) thread backtrace", StringComparison.Ordinal);
            if (inBacktrace && ThreadLine().Match(line) is { Success: true } thread)
            {
                frames = [];
                threads.Add(frames);
                if (line.StartsWith('*'))
                {
                    stopped = thread.Groups["reason"].Value;
                    (threads[0], threads[^1]) = (frames, threads[0]);
                }
            }
            else if (inBacktrace && FrameLine().Match(line) is { Success: true } frame)
            {
                frames?.Add($"{frame.Groups["module"].Value}`{frame.Groups["function"].Value}");
            }
        }

        var modules = ImageLine().Matches(output)
            .Select(image => new DebuggerModule(
                Path.GetFileName(image.Groups["file"].Value.Trim()), image.Groups["uuid"].Value, Hex(image.Groups["start"].Value)))
            .Where(image => image.Name.Length > 0)
            .Distinct();
        return new DebuggerView(stopped, threads, [.. modules])
        {
            ThreadIds = [.. ThreadId().Matches(output)
                .Select(thread => uint.Parse(thread.Groups["id"].Value, CultureInfo.InvariantCulture))],
            Registers = RegisterLine().Matches(output)
                .ToDictionary(register => register.Groups["name"].Value, register => Hex(register.Groups["value"].Value)),
            Text = output,
        };
    }

    private static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[* ] thread #\d+.*?(, stop reason = (?<reason>.*))?$")]
    private static partial Regex ThreadLine();

    [GeneratedRegex(@"^\s+\*? ?frame #\d+: 0x[0-9a-f]+ (?<module>[^`]+)`(?<function>[^( ]+)")]
    private static partial Regex FrameLine();

    [GeneratedRegex(@"^\[ *\d+\] (?<uuid>[0-9A-F-]+) (?<start>0x[0-9a-f]+) (?<file>.*)$", RegexOptions.Multiline)]
    private static partial Regex ImageLine();

    [GeneratedRegex(@"^[* ] thread #\d+: tid = (?<id>\d+)", RegexOptions.Multiline)]
    private static partial Regex ThreadId();

    [GeneratedRegex(@"^ +(?<name>\w+) = (?<value>0x[0-9a-f]+)", RegexOptions.Multiline)]
    private static partial Regex RegisterLine();

    [GeneratedRegex(@"^[ \t]+(?<start>0x[0-9a-f]+) +(?<end>0x[0-9a-f]+) +0x[0-9a-f]+ +0x[0-9a-f]+ +(?<path>/.*)$", RegexOptions.Multiline)]
    private static partial Regex MappingLine();
}
