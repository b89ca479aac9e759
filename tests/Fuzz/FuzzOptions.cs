using System.Globalization;

namespace VmTools.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed record FuzzOptions
{
    public const string Usage = """
        usage: fuzz TARGET [--seconds N] [--seed N] [--failures DIRECTORY]
               fuzz TARGET --replay FILE
               fuzz instrument ASSEMBLY...
        targets: syslog, kmsg, scrubber, collector, tar
        """;

    public required string Target { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The same seed gives the same inputs, as long as the same ones are found to be new.</summary>
    public int Seed { get; init; } = Environment.TickCount;

    public string Failures { get; init; } = ".";

    /// <summary>An input that failed earlier; null to look for new ones.</summary>
    public string? Replay { get; init; }

    public static FuzzOptions? TryParse(string[] arguments)
    {
        if (arguments.Length % 2 == 0)
        {
            return null;
        }

        var options = new FuzzOptions { Target = arguments[0] };
        for (var i = 1; i < arguments.Length && options is not null; i += 2)
        {
            options = With(options, arguments[i], arguments[i + 1]);
        }

        return options;
    }

    private static FuzzOptions? With(FuzzOptions options, string name, string value)
    {
        var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return (name, isNumber) switch
        {
            ("--seconds", true) => options with { Duration = TimeSpan.FromSeconds(number) },
            ("--seed", true) => options with { Seed = number },
            ("--failures", _) => options with { Failures = value },
            ("--replay", _) => options with { Replay = value },
            _ => null,
        };
    }
}
