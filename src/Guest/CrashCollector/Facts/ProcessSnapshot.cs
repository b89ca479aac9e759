using VmTools.Linux;

namespace VmTools.Guest.CrashCollector.Facts;

/// <summary>What was still known of a process when its core was about to be read. What could not be had is empty.</summary>
internal sealed record ProcessSnapshot : IDisposable
{
    /// <summary>The path by which the kernel knows it, in the process's own name space.</summary>
    public string Executable { get; init; } = "";

    public byte[] Auxv { get; init; } = [];

    public byte[] CommandLine { get; init; } = [];

    /// <summary>The environment without secrets, in the form of /proc/PID/environ.</summary>
    public byte[] Environ { get; init; } = [];

    /// <summary>What the environment is without, to be found in the memory too.</summary>
    public IReadOnlyList<byte[]> Secrets { get; init; } = [];

    /// <summary>Whole lines.</summary>
    public byte[] Maps { get; init; } = [];

    public byte[] Status { get; init; } = [];

    public byte[] CpuInfo { get; init; } = [];

    /// <summary>The text of os-release(5), of the container where the process is in one, else of the VM.</summary>
    public byte[] OsRelease { get; init; } = [];

    /// <summary>PRETTY_NAME of the VM.</summary>
    public string VmRelease { get; init; } = "";

    /// <summary>PRETTY_NAME of the container; empty outside of one.</summary>
    public string ContainerRelease { get; init; } = "";

    /// <summary>Whether it is in a process or user name space other than ours.</summary>
    public bool IsInContainer { get; init; }

    /// <summary>The name of the container, as LXC has it in the cgroup's; empty outside of one.</summary>
    public string Container { get; init; } = "";

    /// <summary>The names of threads, by the numbers that the process itself, and its core, have for them.</summary>
    public IReadOnlyDictionary<int, string> ThreadNames { get; init; } = new Dictionary<int, string>();

    /// <summary>How long it had run.</summary>
    public TimeSpan Age { get; init; }

    public string ProcessTree { get; init; } = "";

    /// <summary>The mapped files, by the first address of the mapping, open for reading.</summary>
    public IReadOnlyDictionary<ulong, FdHandle> MappedFiles { get; init; } = new Dictionary<ulong, FdHandle>();

    public void Dispose()
    {
        foreach (var file in MappedFiles.Values)
        {
            file.Dispose();
        }
    }
}
