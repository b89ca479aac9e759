using System.Globalization;
using VmTools.Harness;

namespace VmTools.SystemTests;

/// <summary>A report as it lies in the host's store.</summary>
public sealed record CrashReport(string MetaPath, IReadOnlyDictionary<string, string> Fields)
{
    public string this[string key] => Fields.GetValueOrDefault(key, "");

    public string Id => Path.GetFileNameWithoutExtension(MetaPath);

    public string Dump => Path.ChangeExtension(MetaPath, ".dmp");

    public string Tree => Path.ChangeExtension(MetaPath, ".proclog");

    public int Number(string key) => int.Parse(this[key], CultureInfo.InvariantCulture);

    /// <summary>All whole reports of an instance, as they came.</summary>
    public static IReadOnlyList<CrashReport> All(Sandbox sandbox) =>
    [
        .. Files(sandbox.State)
            .Select(path => new CrashReport(path, Read(path)))
            .Where(report => report["done"] == "1")
            .OrderBy(report => report["host_received_millis"], StringComparer.Ordinal),
    ];

    private static string[] Files(string state) =>
        Directory.Exists(state) ? Directory.GetFiles(state, "*.meta", SearchOption.AllDirectories) : [];

    private static Dictionary<string, string> Read(string path) =>
        File.ReadLines(path).Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);
}
