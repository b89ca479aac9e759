using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using VmTools.Linux;

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
            if (!Flag.TryRead(argument, out var flag))
            {
                problem = $"there is no use for the argument '{argument}'";
            }
            else if (options.With(flag) is { } next)
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

    private VshdOptions? With(Flag flag) => flag.Name switch
    {
        "forward_to_host_port" when Number(flag.Value) is { } port => this with { ForwardToHostPort = port },
        "listen_fd" when Number(flag.Value) is >= 3 and <= 1024 and { } fd => this with { ListenFd = (int)fd },
        "default_user" when flag.Value is { Length: > 0 } user => this with { DefaultUser = user },
        "inherit_env" when Choice(flag.Value) is { } choice => this with { InheritEnvironment = choice },
        "allow_to_switch_user" when Choice(flag.Value) is { } choice => this with { AllowToSwitchUser = choice },
        "log_kmsg" when Choice(flag.Value) is { } choice => this with { LogToKernel = choice },
        _ => null,
    };

    private static uint? Number(string? value) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool? Choice(string? value) => value switch
    {
        null or "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };
}
