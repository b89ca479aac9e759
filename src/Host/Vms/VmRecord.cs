using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmTools.Host.Vms;

/// <summary>
/// What a restarted daemon needs to take a VM back. Written whole after each change; fields that a later version added are
/// kept when an older one rewrites the record.
/// </summary>
internal sealed record VmRecord
{
    public const int CurrentSchema = 1;
    public const string Extension = ".json";

    /// <summary>No record comes near it.</summary>
    public const int MostBytes = 1 << 20;

    public int Schema { get; init; } = CurrentSchema;

    public required string Owner { get; init; }

    public required string Name { get; init; }

    public required uint Cid { get; init; }

    /// <summary>Pids mean nothing after a reboot; the kernel's boot id tells.</summary>
    public required string BootId { get; init; }

    /// <summary>False while the start has not been answered: no caller waits for such a VM any more, and it is ended.</summary>
    public bool IsRunning { get; init; }

    /// <summary>Whether the guest's container host has been started in this run.</summary>
    public bool HasTermina { get; init; }

    public VmType Type { get; init; }

    /// <summary>When this run began: what is older in the VM's log belongs to another.</summary>
    public DateTimeOffset Started { get; init; }

    [JsonPropertyName("memory_mib")]
    public long MemoryMiB { get; init; }

    /// <summary>Null before the device was spawned.</summary>
    public ProcessRecord? Device { get; init; }

    /// <summary>Null before the VMM was spawned.</summary>
    public ProcessRecord? Vmm { get; init; }

    /// <summary>The user-mode network; null where the VMM has one of its own, and in records of former versions.</summary>
    public ProcessRecord? Network { get; init; }

    /// <summary>Which back end knows how to speak to the control socket.</summary>
    public string? BackEnd { get; init; }

    public required string ControlSocket { get; init; }

    /// <summary>Where the VMM tells what happens; null for a VM that an older version started.</summary>
    public string? EventSocket { get; init; }

    /// <summary>What the VMM may take of the host at most; 0 where an older version did not write it down.</summary>
    [JsonPropertyName("host_memory_mib")]
    public long HostMemoryMiB { get; init; }

    /// <summary>Settable because the JSON generator fills it after construction.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Whose record it is; fails for one that was written by hand and names no possible VM.</summary>
    [JsonIgnore]
    public VmId Id => VmId.Parse(Owner, Name);

    /// <summary>The file of a VM's record.</summary>
    public static string FileNameOf(VmId id) => $"{id.Owner.Value}.{id.Name.FileName}{Extension}";
}

/// <summary>The JSON shape of the records, generated at build time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(VmRecord))]
internal sealed partial class VmRecordJson : JsonSerializerContext;

/// <summary>A process named so that a later process with the same pid is not taken for it.</summary>
internal sealed record ProcessRecord(int Pid, long StartTime);
