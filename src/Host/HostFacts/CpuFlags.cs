namespace VmTools.Host.HostFacts;

/// <summary>The features of the first processor in /proc/cpuinfo (proc_cpuinfo(5)).</summary>
internal static class CpuFlags
{
    public static IReadOnlySet<string> Read(string path) => File.Exists(path) ? Parse(File.ReadLines(path)) : new HashSet<string>();

    internal static IReadOnlySet<string> Parse(IEnumerable<string> lines) =>
        lines.FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) is { } line
        && line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal)
            : new HashSet<string>();
}
