using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using VmTools.Linux;

namespace VmTools.Guest.Vshd;

/// <summary>The command line of vshd: one or two dashes, and a value behind '='.</summary>
internal sealed record VshdOptions
{
    private const string VmUser = "chronos";

    private readonly string? _user;

    /// <summary>0 listens; anything else is the host's port to connect to, for one session.</summary>
    public uint ForwardToHostPort { get; init; }

    public bool InheritEnvironment { get; init; }

    /// <summary>Who logs in where the host names no user; empty, in a container without one, means the user that vshd runs as.</summary>
    public string DefaultUser
    {
        get => _user ?? (PassedConnections ? "" : VmUser);
        init => _user = value;
    }

    /// <summary>Who logs in instead, once there is a user with this id: a container gets its first one while vshd runs; ours.</summary>
    public uint? DefaultUid { get; init; }

    public bool AllowToSwitchUser { get; init; } = true;

    public bool LogToKernel { get; init; } = true;

    /// <summary>A listening socket that the parent passed; ours: a restarted vshd then misses no connection.</summary>
    public int? ListenFd { get; init; }

    /// <summary>We are in a container: connections to the listening socket bring those of the host; ours.</summary>
    public bool PassedConnections { get; init; }

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

        if (options is { PassedConnections: true } and ({ ListenFd: null } or { ForwardToHostPort: not 0 }))
        {
            problem = "--passed_connections needs --listen_fd, and no --forward_to_host_port";
            options = null;
        }

        return options is not null;
    }

    private VshdOptions? With(Flag flag) => flag.Name switch
    {
        "forward_to_host_port" when Number(flag.Value) is { } port => this with { ForwardToHostPort = port },
        "listen_fd" when Number(flag.Value) is >= 3 and <= 1024 and { } fd => this with { ListenFd = (int)fd },
        "default_user" when flag.Value is { Length: > 0 } user => this with { DefaultUser = user },
        "default_uid" when Number(flag.Value) is { } id => this with { DefaultUid = id },
        "inherit_env" when Choice(flag.Value) is { } choice => this with { InheritEnvironment = choice },
        "allow_to_switch_user" when Choice(flag.Value) is { } choice => this with { AllowToSwitchUser = choice },
        "passed_connections" when Choice(flag.Value) is { } choice => this with { PassedConnections = choice },
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
