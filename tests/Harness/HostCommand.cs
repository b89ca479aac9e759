using System.Diagnostics;

namespace VmTools.Harness;

/// <summary>One program on the host, with its environment, input and time limit.</summary>
public sealed record HostCommand(string Program, IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Null: the program's standard input is empty.</summary>
    public Stream? Input { get; init; }

    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(2);

    public static HostCommand Of(string program, params string[] arguments) => new(program, arguments);

    /// <summary>Starts it and leaves its streams to the caller.</summary>
    public Process Start()
    {
        var start = new ProcessStartInfo(Program, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // A session bus of whoever runs the tests must not be found by the programs under test.
        foreach (var inherited in (string[])["DBUS_SESSION_BUS_ADDRESS", "DBUS_STARTER_ADDRESS", "XDG_RUNTIME_DIR"])
        {
            start.Environment.Remove(inherited);
        }

        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs it to its end; one that outlasts its limit is killed, and that is an error.</summary>
    public async Task<CommandResult> RunAsync()
    {
        var watch = Stopwatch.StartNew();
        using var process = Start();
        using var limit = new CancellationTokenSource(Limit);
        using var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        var feeding = FeedAsync(process, limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            await Task.WhenAll(reading, errors, feeding);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"'{Program} {string.Join(' ', Arguments)}' did not end within {Limit.TotalSeconds:0} s; it had said: "
                + System.Text.Encoding.UTF8.GetString(output.ToArray()));
        }

        return new CommandResult(process.ExitCode, output.ToArray(), await errors, watch.Elapsed);
    }

    private async Task FeedAsync(Process process, CancellationToken cancel)
    {
        try
        {
            if (Input is not null)
            {
                await Input.CopyToAsync(process.StandardInput.BaseStream, cancel);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program did not want all of it.
        }
    }
}
