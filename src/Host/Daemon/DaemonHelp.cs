using VmTools.Host.Settings;

namespace VmTools.Host.Daemon;

/// <summary>
/// What the --help of a daemon with settings prints: <see cref="Program"/>'s own sentences among those that all of them share.
/// </summary>
internal sealed record DaemonHelp(string Program, string File, string FileVariable)
{
    /// <summary>What it does and who starts it, as lines.</summary>
    public required string Purpose { get; init; }

    /// <summary>What is to be known about the settings, as lines.</summary>
    public required string Notes { get; init; }

    /// <summary>Calls and then lines of the file, each with what it does.</summary>
    public required string Examples { get; init; }

    public string Describe<T>(IEnumerable<Setting<T>> settings)
        where T : class =>
        $"""
        {Purpose}

        Usage:
          {Program} [--bus=ADDRESS] [--SETTING=VALUE ...]

        Options:
          --bus=ADDRESS          the D-Bus to serve on (default: the user's bus, or vmtools' own)
          --help                 this text

        Settings, here or as lines 'setting = value' in {File}; the command line wins:
        {string.Concat(settings.Select(setting => setting.Describe()))}
        {File} is $XDG_CONFIG_HOME/vmtools/{File} (root: /etc/vmtools/{File}), or what {FileVariable} names.
        It is read when the program starts. A mistake in it is an error that names the line.
        {Notes}

        Exit code: 0 after SIGTERM; 1 when the bus has gone or something failed; 2 for a mistake in the settings;
        3 when another {Program} serves this user already.

        Examples:
        {Examples}

        """;
}
