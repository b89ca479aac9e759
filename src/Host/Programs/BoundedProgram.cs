using System.Net.Sockets;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;

namespace VmTools.Host.Programs;

/// <summary>A program that is run to its end within a limit of time, and of which the beginning of what it says is kept.</summary>
internal sealed record BoundedProgram(SpawnRequest Request, TimeSpan Limit, int MostOutput)
{
    /// <summary>
    /// How long the caller waits for the last of the output, which a child of the program may hold open, and for the end of a program that
    /// was killed: until then it may still write to its files.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    /// <summary>Its standard output and error are one stream.</summary>
    /// <exception cref="TimeoutException">It took too long and was ended, with all of its session.</exception>
    /// <exception cref="LinuxException">It could not be started.</exception>
    public async Task<ProgramOutcome> RunAsync(Reaper reaper, TimeProvider clock, CancellationToken cancel)
    {
        var (ours, theirs) = UnixSocket.Pair();
        using var output = AsyncSocket.Own(ours);
        ChildProcess child;
        using (theirs)
        {
            child = ChildProcess.Spawn(Request with { StandardOutput = theirs, StandardError = theirs, NewSession = true }, reaper);
        }

        using var said = new MemoryStream();
        using var enough = new CancellationTokenSource();
        var reading = ReadAsync(output, said, enough.Token);
        try
        {
            var status = await child.Exited.WaitAsync(Limit, clock, cancel);
            await Task.WhenAny(reading, Task.Delay(Rest, clock, cancel));
            await enough.CancelAsync();
            await reading;
            return new ProgramOutcome(status, said.ToArray());
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            // Its first process has not been waited for, so the number still names its session.
            _ = child.Exited.IsCompleted ? Errno.None : Processes.SignalGroup(child.Pid, Signal.Kill);
            await Task.WhenAny(child.Exited, Task.Delay(Rest, clock, CancellationToken.None));
            await enough.CancelAsync();
            await reading;
            throw;
        }
    }

    /// <summary>Reads on after there is enough: a program is not ended because it says much.</summary>
    private async Task ReadAsync(Socket output, MemoryStream said, CancellationToken cancel)
    {
        var buffer = new byte[4096];
        try
        {
            while (await output.ReceiveAsync(buffer, SocketFlags.None, cancel) is > 0 and var count)
            {
                said.Write(buffer, 0, (int)Math.Min(count, MostOutput - said.Length));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
            // What was said until now is kept.
        }
    }
}

/// <summary>How a program ended and the beginning of what it said.</summary>
internal sealed record ProgramOutcome(ExitStatus Status, byte[] Output);
