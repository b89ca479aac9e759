using System.Text.Json;
using System.Text.Json.Serialization;
using VmTools.Host.CommandLine;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Instance;

/// <summary>
/// Which process serves a state directory as the daemon of a name, and where it is found. The daemon writes it into that directory
/// once it holds the directory's lock. It stays when the daemon ends, as VMs live on under the runtime directory that it names.
/// </summary>
internal sealed record DaemonRecord
{
    public const int CurrentSchema = 1;

    private const int MostBytes = 64 * 1024;

    public int Schema { get; init; } = CurrentSchema;

    public required string Program { get; init; }

    public required int Pid { get; init; }

    public required long StartTime { get; init; }

    /// <summary>Pids mean nothing after a reboot; the kernel's boot id tells.</summary>
    public required string BootId { get; init; }

    public required string Runtime { get; init; }

    public required string State { get; init; }

    public required string Image { get; init; }

    /// <summary>The address of the bus that it serves on.</summary>
    public required string Bus { get; init; }

    public required string Version { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>The daemon has been asked to end and takes nothing new: a daemon that wants its place waits a moment.</summary>
    public bool IsEnding { get; init; }

    /// <summary>The variables that decide how it works, as it was started with them.</summary>
    public Dictionary<string, string> Settings { get; init; } = [];

    /// <summary>Settable because the JSON generator fills it after construction.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    [JsonIgnore]
    public bool IsAlive => BootId == Processes.BootId && Processes.IsAlive(Pid, StartTime);

    /// <summary>This process as the daemon of that name.</summary>
    public static DaemonRecord OfThisProcess(string program, HostInstance instance, string bus) => new()
    {
        Program = program,
        Pid = Processes.CurrentId,
        StartTime = Processes.StartTimeOf(Processes.CurrentId) ?? 0,
        BootId = Processes.BootId,
        Runtime = instance.Directories.Runtime,
        State = instance.Directories.State,
        Image = instance.Directories.Image,
        Bus = bus,
        Version = ProgramVersion.Text,
        Started = instance.Clock.GetUtcNow(),
        Settings = DaemonEnvironment.SettingsOf(instance),
    };

    /// <summary>Null where no daemon of that name has ever served the directory, or its file is none of ours.</summary>
    public static DaemonRecord? TryRead(string state, string program)
    {
        try
        {
            return TryParse(SmallFile.Read(PathOf(state, program), MostBytes));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static DaemonRecord? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            var record = JsonSerializer.Deserialize(json, DaemonRecordJson.Default.DaemonRecord);
            return record?.IsSound() == true ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, DaemonRecordJson.Default.DaemonRecord);

    /// <exception cref="IOException">There is no room, or no right to write there.</exception>
    public void Write() => AtomicFile.Write(PathOf(State, Program), ToJson(), FileModes.OwnerReadsAndWrites);

    private static string PathOf(string state, string program) => Path.Combine(state, $"{program}.json");

    /// <summary>The file may hold null where a text must be.</summary>
    private bool IsSound() =>
        Pid > 1
        && BootId is not null && Program is not null && Version is not null && Settings is not null
        && Bus is { Length: > 0 }
        && Path.IsPathRooted(Runtime) && Path.IsPathRooted(State) && Path.IsPathRooted(Image);
}

/// <summary>The JSON shape of the daemons' records, generated at build time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DaemonRecord))]
internal sealed partial class DaemonRecordJson : JsonSerializerContext;
