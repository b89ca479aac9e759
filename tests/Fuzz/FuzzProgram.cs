using System.Globalization;
using VmTools.Fuzz.Coverage;
using VmTools.Fuzz.Targets;

namespace VmTools.Fuzz;

/// <summary>Runs one target and ends with 0 where all its invariants held.</summary>
internal static class FuzzProgram
{
    private const int Failed = 1;
    private const int Misused = 2;

    public static int Run(string[] arguments)
    {
        // Before anything under test is touched: instrumented code counts from its first line on.
        var coverage = new BranchCoverage();
        if (FuzzOptions.TryParse(arguments) is not { } options || TargetOf(options.Target) is not { } target)
        {
            Console.Error.WriteLine(FuzzOptions.Usage);
            return Misused;
        }

        using (target)
        {
            var run = new FuzzRun(target, coverage, options, TimeProvider.System);
            if (options.Replay is { } path)
            {
                target.Run(File.ReadAllBytes(path));
                Console.WriteLine($"{options.Target}: {path} holds");
                return 0;
            }

            var failure = run.Search();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{options.Target}: {run.Executions} executions in {run.Elapsed.TotalSeconds:0} s "
                    + $"({run.Executions / Math.Max(run.Elapsed.TotalSeconds, 0.001):0}/s), {coverage.Branches} branches, {run.CorpusSize} "
                    + $"inputs kept, seed {options.Seed}"));
            return failure is null ? 0 : Tell(failure);
        }
    }

    private static int Tell(FoundFailure failure)
    {
        Console.WriteLine($"FAILED: {failure.Reason}");
        Console.WriteLine($"input ({failure.Input.Length} bytes, in {failure.Path}): {Convert.ToHexString(failure.Input)}");
        return Failed;
    }

    private static IFuzzTarget? TargetOf(string name) => name switch
    {
        "syslog" => new SyslogTarget(),
        "kmsg" => new KernelTarget(),
        "scrubber" => new ScrubberTarget(),
        "collector" => new CollectorTarget(),
        "tar" => new TarTarget(),
        _ => null,
    };
}
