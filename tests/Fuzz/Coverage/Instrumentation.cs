using SharpFuzz;

namespace VmTools.Fuzz.Coverage;

/// <summary>Rewrites assemblies so that they count the branches they take (SharpFuzz, in the way of AFL).</summary>
internal static class Instrumentation
{
    /// <summary>What is under test, and the generated parsers behind it; all else would only cost time.</summary>
    private static readonly string[] Places =
    [
        "VmTools.Guest.Syslog.Parsing.", "VmTools.Host.Logs.", "VmTools.Protocol.Messages.LogRe", "VmTools.Protocol.Messages.Timestamp",
    ];

    public static int Apply(string[] assemblies)
    {
        foreach (var assembly in assemblies)
        {
            try
            {
                var types = Fuzzer.Instrument(assembly,
                    static type => Places.Any(place => type.StartsWith(place, StringComparison.Ordinal)), Options.Value).Count();
                Console.WriteLine($"{Path.GetFileName(assembly)}: {types} types instrumented");
            }
            catch (InstrumentationException refused)
            {
                Console.Error.WriteLine($"{assembly} could not be instrumented: {refused.Message} Build it anew first.");
                return 1;
            }
        }

        return 0;
    }
}
