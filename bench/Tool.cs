#pragma warning disable RS0030 // Nothing here is a first process: the runtime's own way of starting programs does.
using System.Diagnostics;
using System.Globalization;

namespace VmTools.Bench;

/// <summary>Starts programs, in the environment of the benchmark's own instance.</summary>
internal sealed class Tool(string clock, IReadOnlyDictionary<string, string?> environment)
{
    /// <summary>Runs a program to its end and gives its output; anything but success is an error with what it said.</summary>
    public async Task<string> RunAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        using var process = Start(command);
        var error = process.StandardError.ReadToEndAsync(cancel);
        var output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0
            ? output
            : throw new BenchException($"'{string.Join(' ', command)}' ended with {process.ExitCode}: {(await error).Trim()}");
    }

    /// <summary>Nanoseconds from spawn to exit of a program that must succeed.</summary>
    public async Task<double> TimeAsync(IReadOnlyList<string> command, string input, CancellationToken cancel) =>
        double.Parse(await RunAsync([clock, input, .. command], cancel), CultureInfo.InvariantCulture);

    public Task<double> TimeAsync(IReadOnlyList<string> command, CancellationToken cancel) => TimeAsync(command, "/dev/null", cancel);

    /// <summary>Starts a program that goes on; the caller ends it.</summary>
    public Process Start(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new BenchException($"'{command[0]}' could not be started.");
        process.StandardInput.Close();
        return process;
    }
}
