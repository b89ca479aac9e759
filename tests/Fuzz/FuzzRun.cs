using VmTools.Fuzz.Coverage;
using VmTools.Fuzz.Inputs;
using VmTools.Fuzz.Targets;

namespace VmTools.Fuzz;

/// <summary>
/// Looks for an input that breaks an invariant: changes inputs that are known, runs them, and keeps those that reach branches or
/// outcomes that no other has reached. Ends at the first failure or when the time is over.
/// </summary>
internal sealed class FuzzRun(IFuzzTarget target, BranchCoverage coverage, FuzzOptions options, TimeProvider clock)
{
    /// <summary>The clock is asked once in so many executions.</summary>
    private const int ExecutionsPerLook = 64;

    /// <summary>An execution that takes longer is a failure of its own.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    private readonly HashSet<int> _outcomes = [];
    private readonly Mutator _mutator = new(options.Seed, target.Tokens, target.MaxInput);
    private readonly List<byte[]> _corpus = [];
    private long _lookedAt;
    private byte[] _running = [];

    public long Executions { get; private set; }

    public TimeSpan Elapsed { get; private set; }

    public int CorpusSize => _corpus.Count;

    public FoundFailure? Search()
    {
        var began = clock.GetTimestamp();
        _lookedAt = 0;
        using var watch = clock.CreateTimer(_ => EndIfStuck(), null, Hang, Hang);
        var failure = target.Seeds.Select(Try).FirstOrDefault(found => found is not null);
        while (failure is null && Elapsed < options.Duration)
        {
            for (var i = 0; failure is null && i < ExecutionsPerLook; i++)
            {
                failure = Try(_mutator.Next(_corpus));
            }

            Elapsed = clock.GetElapsedTime(began);
        }

        return failure;
    }

    private FoundFailure? Try(byte[] input)
    {
        Volatile.Write(ref _running, input);
        Executions++;
        BranchCoverage.Clear();
        try
        {
            var outcome = target.Run(input);
            // Both are asked: each remembers what it has seen.
            if (coverage.FoundNew() | _outcomes.Add(outcome))
            {
                _corpus.Add(input);
            }

            return null;
        }
        catch (Exception broken)
        {
            var shortest = Shrinking.Shorten(input, candidate => Breaks(candidate, broken.GetType()));
            return new FoundFailure(broken.ToString(), shortest, Save(shortest));
        }
    }

    private bool Breaks(byte[] candidate, Type how)
    {
        try
        {
            target.Run(candidate);
            return false;
        }
        catch (Exception broken)
        {
            return broken.GetType() == how;
        }
    }

    private string Save(byte[] input)
    {
        Directory.CreateDirectory(options.Failures);
        var path = Path.Combine(
            options.Failures, $"{options.Target}-{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(input))[..12]}");
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>Nothing can be done about a thread that does not come back, but to say on what.</summary>
    private void EndIfStuck()
    {
        var executions = Executions;
        if (executions != Interlocked.Exchange(ref _lookedAt, executions))
        {
            return;
        }

        var input = Volatile.Read(ref _running);
        Console.WriteLine($"FAILED: an input has taken longer than {Hang}; it is in {Save(input)}: {Convert.ToHexString(input)}");
        Environment.Exit(1);
    }
}
