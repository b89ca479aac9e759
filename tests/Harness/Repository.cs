namespace VmTools.Harness;

/// <summary>The places of the build tree.</summary>
public static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>The published programs and their links.</summary>
    public static string Programs { get; } = Path.Combine(Root, "out", "bin");

    public static string Image { get; } = Path.Combine(Root, "out", "image");

    /// <summary>Breakpad's readers of minidumps, as eng/stackwalk of the build tree puts them there.</summary>
    public static string Breakpad { get; } =
        Path.Combine(Root, Environment.GetEnvironmentVariable("VMTOOLS_CACHE") ?? Path.Combine("out", "cache"), "minidump-0.26.0");

    /// <summary>Where the logs of machines go that a test has used.</summary>
    public static string Logs { get; } = Path.Combine(Root, "out", "test-logs");

    private static string Find(string from)
    {
        for (var directory = from; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "VmTools.slnx")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException($"{from} does not lie in a build tree.");
    }
}
