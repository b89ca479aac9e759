using System.Text;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Memory;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin;

/// <summary>
/// Runs Debian's tools to their end, within a time and with what they say bounded: the processes of a container can have a say in both.
/// </summary>
internal sealed class ToolRun(Reaper reaper, TimeProvider clock)
{
    /// <summary>A tool that writes more gets an error for the rest.</summary>
    private const int MaxOutput = 16 * 1024;

    /// <summary>The account without rights that every Debian has.</summary>
    private static readonly Credentials Nobody = new(65534, 65534, []);

    private static readonly IReadOnlyDictionary<string, string> Environment = new Dictionary<string, string>
    {
        ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
        ["LC_ALL"] = "C.UTF-8",
    };

    /// <summary>How it ended, with its output and errors in one text; one that takes longer is killed.</summary>
    /// <exception cref="VmToolsException">It cannot be executed, or took longer than <paramref name="limit"/>.</exception>
    public async Task<ToolOutcome> RunAsync(IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancel)
    {
        using var output = Words();
        var child = Start(arguments, output, []);
        try
        {
            var status = await child.Exited.WaitAsync(limit, clock, cancel);
            return new ToolOutcome(status, TextOf(output));
        }
        catch (TimeoutException late)
        {
            var sentence = $"{arguments[0]} took longer than {limit.TotalSeconds} s";
            throw new VmToolsException(ErrorKind.DeadlineExceeded, sentence, late);
        }
        finally
        {
            child.Signal(Signal.Kill);
        }
    }

    /// <summary>The same where any end but success is a failure, told with the tool's last words.</summary>
    public async Task SucceedAsync(IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancel)
    {
        var outcome = await RunAsync(arguments, limit, cancel);
        if (outcome.Status.Code != 0)
        {
            throw new VmToolsException(ErrorKind.Internal, $"{arguments[0]} ended with {outcome.Status}: {outcome.LastLine}");
        }
    }

    /// <summary>Starts a tool that stays.</summary>
    /// <param name="arguments">Begin with the tool's name.</param>
    /// <param name="output">Its output and errors.</param>
    /// <param name="passed">Inherited as 3, 4 and so on.</param>
    public ChildProcess Start(IReadOnlyList<string> arguments, FdHandle? output, IReadOnlyList<FdHandle> passed) =>
        Start(new SpawnRequest(arguments[0], arguments) { StandardOutput = output, StandardError = output, PassFds = passed });

    /// <summary>Starts a tool of which the output is no text for people; its errors are.</summary>
    /// <param name="arguments">Begin with the tool's name.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    /// <param name="output">What it writes.</param>
    /// <param name="errors">A file of zeroes as <see cref="TextOf"/> reads it.</param>
    public ChildProcess StartFilter(IReadOnlyList<string> arguments, FdHandle? input, FdHandle output, FdHandle errors) =>
        Start(new SpawnRequest(arguments[0], arguments) { StandardInput = input, StandardOutput = output, StandardError = errors });

    /// <summary>A file of zeroes for what a tool has to say.</summary>
    public static FdHandle Words() => MemFd.CreateFixed("output", MaxOutput);

    /// <summary>Starts a tool that turns its input into its output, with the rights of nobody; its errors are not read.</summary>
    public ChildProcess StartFilter(IReadOnlyList<string> arguments, FdHandle input, FdHandle output)
    {
        try
        {
            var request = new SpawnRequest(arguments[0], arguments)
            {
                Environment = Environment,
                SearchPath = true,
                StandardInput = input,
                StandardOutput = output,
                RunAs = Users.EffectiveId == 0 ? Nobody : null,
            };
            return ChildProcess.Spawn(request, reaper);
        }
        catch (LinuxException failure)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"{arguments[0]} cannot be run: {failure.Errno}", failure);
        }
    }

    /// <summary>What was written into a file of zeroes.</summary>
    public static string TextOf(FdHandle output)
    {
        var bytes = new byte[MaxOutput];
        _ = Fd.TryReadAt(output, bytes, 0, out var count);
        var end = bytes.AsSpan(0, count).IndexOf((byte)0);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, end < 0 ? count : end));
    }

    private ChildProcess Start(SpawnRequest request)
    {
        try
        {
            return ChildProcess.Spawn(
                request with { Environment = Environment, SearchPath = true, NewSession = true }, reaper);
        }
        catch (LinuxException failure)
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"{request.Program} cannot be run: {failure.Errno}", failure);
        }
    }
}

/// <summary>How a tool ended, and what it said.</summary>
internal readonly record struct ToolOutcome(ExitStatus Status, string Output)
{
    /// <summary>Empty where it said nothing.</summary>
    public string LastLine => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");
}
