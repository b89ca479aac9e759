namespace VmTools.Harness;

/// <summary>What tests on real machines need of the host.</summary>
public static class Prerequisites
{
    private static readonly string[] Tools = ["qemu-system-x86_64", "dbus-daemon", "gcc", "mkfs.ext4", "setsid", "setpriv", "lldb", "gdb"];

    /// <summary>Null when everything is there, else one sentence.</summary>
    public static string? Missing { get; } = Find();

    /// <summary>Whether a missing prerequisite is a failure and not a reason to skip.</summary>
    public static bool AreMandatory => Environment.GetEnvironmentVariable("CI") == "1";

    private static string? Find()
    {
        if (!File.Exists(Path.Combine(Repository.Programs, "vmc")))
        {
            return "The programs are not built: make build";
        }

        if (!File.Exists(Path.Combine(Repository.Image, "manifest.json")))
        {
            return "The guest image is not built: make image";
        }

        var tool = Array.Find(Tools, name => !IsOnPath(name));
        return tool is null ? null : $"There is no {tool} here: make install";
    }

    private static bool IsOnPath(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':')
            .Any(directory => File.Exists(Path.Combine(directory, name)));
}
