using VmTools.Protocol;

namespace VmTools.Host.Programs;

/// <summary>A program of another project that a user may name in a variable: where it is, or what to install.</summary>
internal sealed record HostProgram(string Name, string Variable, string Advice)
{
    public static readonly HostProgram Qemu = new(
        "qemu-system-x86_64", "VMTOOLS_QEMU", "Install it with 'apt install qemu-system-x86', or name it in VMTOOLS_QEMU.");

    public static readonly HostProgram Crosvm = new(
        "crosvm", "VMTOOLS_CROSVM", "Build crosvm and put it on the PATH, or name it in VMTOOLS_CROSVM.");

    public static readonly HostProgram Slirp = new(
        "slirp4netns", "VMTOOLS_SLIRP4NETNS", "Install it with 'apt install slirp4netns', or name it in VMTOOLS_SLIRP4NETNS.");

    /// <summary>The file that the variable names, or else the first of the name that the finder finds; null where there is none.</summary>
    public string? TryFind(Func<string, string?> environment) =>
        environment(Variable) is { Length: > 0 } named ? File.Exists(named) ? named : null : new ProgramFinder(environment).Find(Name);

    /// <exception cref="VmToolsException">Unavailable: there is no such program; the sentence says what to install.</exception>
    public string Find(Func<string, string?> environment) =>
        TryFind(environment)
        ?? throw new VmToolsException(
            ErrorKind.Unavailable,
            environment(Variable) is { Length: > 0 } named
                ? $"There is no program '{named}', which {Variable} names."
                : $"There is no {Name} on the PATH. {Advice}");
}
