using VmTools.Protocol;

namespace VmTools.Host.Programs;

/// <summary>A program of another project that we start: where it is, or what to install.</summary>
internal sealed record HostProgram(string Name, string Variable, string Advice)
{
    public static readonly HostProgram Qemu = new(
        "qemu-system-x86_64", "VMTOOLS_QEMU", "Install it with 'apt install qemu-system-x86', or name it in VMTOOLS_QEMU.");

    public static readonly HostProgram Crosvm = new(
        "crosvm", "VMTOOLS_CROSVM", "Build crosvm and put it on the PATH, or name it in VMTOOLS_CROSVM.");

    public static readonly HostProgram Slirp = new(
        "slirp4netns", "VMTOOLS_SLIRP4NETNS", "Install it with 'apt install slirp4netns', or name it in VMTOOLS_SLIRP4NETNS.");

    private const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>The variable's file, or else the first on the PATH; null where there is none.</summary>
    public string? TryFind(Func<string, string?> environment)
    {
        if (environment(Variable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : null;
        }

        return (environment("PATH") ?? DefaultPath).Split(':')
            .Where(Path.IsPathRooted)
            .Select(directory => Path.Combine(directory, Name))
            .FirstOrDefault(File.Exists);
    }

    public string Find(Func<string, string?> environment) =>
        TryFind(environment)
        ?? throw new VmToolsException(
            ErrorKind.Unavailable,
            environment(Variable) is { Length: > 0 } named
                ? $"There is no program '{named}', which {Variable} names."
                : $"There is no {Name} on the PATH. {Advice}");
}
