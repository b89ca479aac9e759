using System.Text.Json;

namespace VmTools.Harness;

/// <summary>What the daemon has written down about a running VM.</summary>
public sealed record VmFacts(string Name, uint Cid, int VmmPid, int DevicePid, string ControlSocket)
{
    /// <summary>All VMs of one instance.</summary>
    public static IReadOnlyList<VmFacts> Read(string runtimeDirectory)
    {
        var records = Path.Combine(runtimeDirectory, "vms");
        return Directory.Exists(records) ? [.. Directory.GetFiles(records, "*.json").Select(Parse)] : [];
    }

    private static VmFacts Parse(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = json.RootElement;
        return new VmFacts(
            root.GetProperty("name").GetString()!,
            root.GetProperty("cid").GetUInt32(),
            PidOf(root, "vmm"),
            PidOf(root, "device"),
            root.GetProperty("control_socket").GetString()!);
    }

    private static int PidOf(JsonElement root, string process) =>
        root.GetProperty(process) is { ValueKind: JsonValueKind.Object } found ? found.GetProperty("pid").GetInt32() : 0;
}
