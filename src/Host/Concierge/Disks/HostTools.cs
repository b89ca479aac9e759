using System.Text;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Programs;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>Runs a file system tool of the host to its end and keeps what it said.</summary>
internal sealed class HostTools(Reaper reaper, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private const int OutputLines = 5;

    public async Task<ToolOutcome> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var path = ProgramFinder.OfProcess.Find(program)
            ?? throw new VmToolsException(
                ErrorKind.Unavailable, $"There is no {program} on this machine. Install it (Debian: apt install e2fsprogs).");
        using var output = MemFd.Create(program, size: 0, sealShrink: false);
        var child = ChildProcess.Spawn(
            new SpawnRequest(path, [program, .. arguments]) { StandardOutput = output, StandardError = output, NewSession = true }, reaper);
        try
        {
            var status = await child.Exited.WaitAsync(Limit, clock, cancel);
            return new ToolOutcome(status.Code == 0, $"ended with {status}", LastLines(output));
        }
        catch (TimeoutException slow)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded,
                $"{program} took longer than {Limit.TotalMinutes} minutes and was ended.",
                slow);
        }
        finally
        {
            child.Signal(Signal.Kill);
        }
    }

    private static IReadOnlyList<string> LastLines(FdHandle output)
    {
        using var copy = new MemoryStream();
        using var content = new FileStream($"/proc/self/fd/{output.DangerousGetHandle()}", FileMode.Open, FileAccess.Read);
        content.CopyTo(copy);
        var lines = Encoding.UTF8.GetString(copy.ToArray()).Split('\n');
        return [.. lines.Select(LogTail.Clean).Where(line => line.Length > 0).TakeLast(OutputLines)];
    }
}

/// <summary>How a tool ended, as the end of a sentence, and its last lines.</summary>
internal sealed record ToolOutcome(bool IsSuccess, string How, IReadOnlyList<string> Output);
