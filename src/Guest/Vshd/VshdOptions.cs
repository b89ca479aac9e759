using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VmTools.Guest.Vshd;

/// <summary>The command line of vshd: one or two dashes, and a value behind '='.</summary>
internal sealed record VshdOptions
{
    /// <summary>0 listens; anything else is the host's port to connect to, for one session.</summary>
    public uint ForwardToHostPort { get; init; }

    public bool InheritEnvironment { get; init; }

    public string DefaultUser { get; init; } = "chronos";

    public bool AllowToSwitchUser { get; init; } = true;

    public bool LogToKernel { get; init; } = true;

    /// <summary>A listening socket that the parent passed; ours: a restarted vshd then misses no connection.</summary>
    public int? ListenFd { get; init; }

    public static bool TryParse(IReadOnlyList<string> arguments, [NotNullWhen(true)] out VshdOptions? options, out string problem)
    {
        options = new VshdOptions();
        problem = "";
        foreach (var argument in arguments)
        {
            if (!argument.StartsWith('-'))
            {
                problem = $"there is no use for the argument '{argument}'";
            }
            else if (options.With(argument) is { } next)
            {
                options = next;
                continue;
            }
            else
            {
                problem = $"the option '{argument}' is unknown or its value cannot be used";
            }

            options = null;
            return false;
        }

        return true;
    }

    private VshdOptions? With(string argument)
    {
        var option = argument.AsSpan(argument.StartsWith("--", StringComparison.Ordinal) ? 2 : 1);
        var equals = option.IndexOf('=');
        var name = equals < 0 ? option : option[..equals];
        var value = equals < 0 ? null : option[(equals + 1)..].ToString();
        return name switch
        {
            "forward_to_host_port" when Number(value) is { } port => this with { ForwardToHostPort = port },
            "listen_fd" when Number(value) is >= 3 and <= 1024 and { } fd => this with { ListenFd = (int)fd },
            "default_user" when value is { Length: > 0 } => this with { DefaultUser = value },
            "inherit_env" when Flag(value) is { } flag => this with { InheritEnvironment = flag },
            "allow_to_switch_user" when Flag(value) is { } flag => this with { AllowToSwitchUser = flag },
            "log_kmsg" when Flag(value) is { } flag => this with { LogToKernel = flag },
            _ => null,
        };
    }

    private static uint? Number(string? value) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool? Flag(string? value) => value switch
    {
        null or "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };
}
