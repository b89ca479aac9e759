using System.Text;
using VmTools.Host.GuestText;
using VmTools.Host.Programs;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>Runs a file system tool of the host to its end and keeps what it said.</summary>
internal sealed class HostTools(Reaper reaper, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private const int OutputLines = 5;
    private const int MostOutput = 64 * 1024;

    public async Task<ToolOutcome> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var path = ProgramFinder.OfProcess.Find(program)
            ?? throw new VmToolsException(
                ErrorKind.Unavailable, $"There is no {program} on this machine. Install it (Debian: apt install e2fsprogs).");
        try
        {
            var outcome = await new BoundedProgram(new SpawnRequest(path, [program, .. arguments]), Limit, MostOutput)
                .RunAsync(reaper, clock, cancel);
            return new ToolOutcome(outcome.Status.Code == 0, $"ended with {outcome.Status}", LastLines(outcome.Output));
        }
        catch (TimeoutException slow)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded,
                $"{program} took longer than {Limit.TotalMinutes} minutes and was ended.",
                slow);
        }
    }

    private static IReadOnlyList<string> LastLines(byte[] output) =>
    [
        .. Encoding.UTF8.GetString(output).Split('\n').Select(LogTail.Clean).Where(line => line.Length > 0).TakeLast(OutputLines),
    ];
}

/// <summary>How a tool ended, as the end of a sentence, and its last lines.</summary>
internal sealed record ToolOutcome(bool IsSuccess, string How, IReadOnlyList<string> Output);
