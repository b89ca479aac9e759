using VmTools.Host.CommandLine;

namespace VmTools.Host.Instance;

/// <summary>
/// The environment that daemons are started with: a defined one, with every directory given and absolute, so that what a daemon uses
/// does not depend on who happened to call first, and nothing else of the caller's.
/// </summary>
internal static class DaemonEnvironment
{
    /// <summary>What programs of any kind look at.</summary>
    private static readonly string[] Common =
    [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
        "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "DBUS_SYSTEM_BUS_ADDRESS",
    ];

    /// <summary>Settings of ours; a file that one of them names is the caller's and made absolute.</summary>
    private static readonly string[] Words = ["VMTOOLS_ACCEL", "VMTOOLS_VMM", "VMTOOLS_VM_MEMORY_MIB", "VMTOOLS_IDLE_EXIT_S"];
    private static readonly string[] Files =
    [
        "VMTOOLS_QEMU", "VMTOOLS_CROSVM", "VMTOOLS_SLIRP4NETNS", "VMTOOLS_LOGS_CONF", "VMTOOLS_CRASH_CONF",
    ];

    /// <summary>
    /// The environment of a private bus: what it starts is told where it belongs, and no setting of one caller stays for ever.
    /// </summary>
    public static Dictionary<string, string> ForBus(HostInstance instance)
    {
        var variables = Common.Select(name => (Name: name, Value: instance.Environment(name)))
            .Where(variable => variable.Value is { Length: > 0 })
            .ToDictionary(variable => variable.Name, variable => variable.Value!, StringComparer.Ordinal);
        variables[InstanceDirectories.RuntimeVariable] = instance.Directories.Runtime;
        variables[InstanceDirectories.StateVariable] = instance.Directories.State;
        variables[InstanceDirectories.ImageVariable] = instance.Directories.Image;
        return variables;
    }

    /// <summary>The environment of a daemon: the same and the caller's settings.</summary>
    public static Dictionary<string, string> ForDaemon(HostInstance instance)
    {
        var variables = ForBus(instance);
        foreach (var (name, value) in SettingsOf(instance))
        {
            variables[name] = value;
        }

        // Not a setting: what a defect of a daemon says in its log.
        if (instance.Environment(ProgramFailure.DebugVariable) is { Length: > 0 } debug)
        {
            variables[ProgramFailure.DebugVariable] = debug;
        }

        return variables;
    }

    /// <summary>The settings that the environment has; an empty one counts as unset.</summary>
    public static Dictionary<string, string> SettingsOf(HostInstance instance) =>
        Words.Select(name => (Name: name, Value: instance.Environment(name)))
            .Concat(Files.Select(
                name => (Name: name, Value: instance.Environment(name) is { Length: > 0 } path ? Path.GetFullPath(path) : null)))
            .Where(variable => variable.Value is { Length: > 0 })
            .ToDictionary(variable => variable.Name, variable => variable.Value!, StringComparer.Ordinal);
}
