using System.Buffers;
using System.Globalization;
using System.Text;
using VmTools.Host.GuestText;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Protocol.Wire;

namespace VmTools.Host.CrashStore;

/// <summary>
/// What is known of one crash, as fields of text: all but those whose names begin with <see cref="HostPrefix"/> are a guest's words. As the
/// file <c>.meta</c> of a report they are lines <c>key=value</c>, first the guest's by name, then the host's, <c>done=1</c> the last of
/// them, without which the file is not whole.
/// </summary>
internal sealed class CrashMetadata(IReadOnlyDictionary<string, string> fields)
{
    public const int MostFields = 64;
    public const int MostKeyBytes = 64;
    public const int MostValueBytes = 4096;

    /// <summary>Stands before every key of which a guest says nothing.</summary>
    public const string HostPrefix = "host_";

    /// <summary>The key of <see cref="Kind"/>.</summary>
    public const string KindKey = HostPrefix + "kind";

    /// <summary>The key of the time at which the report came, in milliseconds since 1970.</summary>
    public const string ReceivedKey = HostPrefix + "received_millis";

    private const string CidKey = HostPrefix + "cid";
    private const string ReleaseKey = HostPrefix + "os_release";
    private const string TreeFileKey = "upload_file_process_tree";

    private const string ProgramKind = "program";
    private const string ServiceKind = "service";

    /// <summary>A larger file is not one of ours.</summary>
    private const int MostBytes = 1 << 20;

    /// <summary>Times of a guest that are further off are not shown as times: 9999-12-31.</summary>
    private const long MostMillis = 253_402_300_799_999;

    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(1);

    /// <summary>The original's host writes the last three over too; they name its release and where its reports go.</summary>
    private static readonly HashSet<string> HostKeys = new(StringComparer.Ordinal)
    {
        CrashFields.Payload, TreeFileKey, CrashFields.Done, "upload_var_channel", "upload_var_cros_milestone", "upload_var_lsb-release",
    };

    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>The fields in the order in which they are written.</summary>
    public IReadOnlyDictionary<string, string> Fields => fields;

    public string? this[string key] => fields.GetValueOrDefault(key);

    public CrashKind Kind => this[KindKey] == ServiceKind ? CrashKind.Service : CrashKind.Program;

    public string Executable => this[CrashFields.ExecutableName] is { Length: > 0 } name ? name : "an unknown program";

    public int? Pid => Number(CrashFields.Pid);

    /// <summary>The container that it ran in; null outside of one, and for what cannot be a container's name.</summary>
    public string? Container => this[CrashFields.Container] is { } name && ContainerNameRule.Allows(name) ? name : null;

    public int? SignalNumber => Number(CrashFields.Signal);

    /// <summary>The signal in words, from the guest or else by its number.</summary>
    public string? SignalName =>
        SignalNumber is { } number && SignalCodes.NameOf(number) is { } known ? known
        : this[CrashFields.SignalName] is { Length: > 0 } name ? name
        : ((Signal?)SignalNumber)?.Name();

    public string? FaultAddress => this[CrashFields.FaultAddress] is { Length: > 0 } address ? address : null;

    /// <summary>The time at which it happened by the guest's clock, or when it came where that clock is ahead of ours.</summary>
    public DateTimeOffset? Time =>
        (Millis(CrashFields.TimeMillis), Millis(ReceivedKey)) switch
        {
            ({ } happened, { } received) when happened > received + ClockError => received,
            var (happened, received) => happened ?? received,
        };

    /// <summary>What happened: <c>tst (pid 12) died of SIGSEGV at address 0x0</c>.</summary>
    public string Sentence
    {
        get
        {
            var pid = Pid is { } number ? string.Create(CultureInfo.InvariantCulture, $" (pid {number})") : "";
            var where = FaultAddress is { } address ? $" at address {address}" : "";
            return Kind == CrashKind.Service
                ? $"The service {Executable} ended."
                : $"{Executable}{pid} died{(SignalName is { } signal ? $" of {signal}" : "")}{where}.";
        }
    }

    /// <summary>
    /// What a guest says of a crash, made fit for our file: few keys of plain characters, short values on one line. Nothing of it is
    /// refused, as the report is worth more than its longest line. The first so many by key are kept; what the host writes is not the
    /// guest's to say.
    /// </summary>
    public static CrashMetadata OfGuest(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var clean = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var name = KeyOf(key);
            if (clean.Count < MostFields && name.Length > 0 && !IsHosts(name))
            {
                clean.TryAdd(name, SafeText.ForFile(value, MostValueBytes));
            }
        }

        return new CrashMetadata(clean);
    }

    /// <summary>What is known of a service that ended although it was to stay.</summary>
    public static CrashMetadata OfService(string name) =>
        new(new Dictionary<string, string>(StringComparer.Ordinal) { [CrashFields.ExecutableName] = name });

    /// <summary>The same, with what the host itself knows of the report.</summary>
    public CrashMetadata WithHost(CrashKind kind, Cid cid, DateTimeOffset received, string release) => new(
        new OrderedDictionary<string, string>(fields, StringComparer.Ordinal)
        {
            [KindKey] = kind == CrashKind.Service ? ServiceKind : ProgramKind,
            [CidKey] = cid.Value.ToString(CultureInfo.InvariantCulture),
            [ReceivedKey] = received.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
            [ReleaseKey] = release,
        });

    /// <summary>The content of the report's file, which names the other files that there are.</summary>
    public byte[] ToBytes(CrashId id, bool hasDump, bool hasTree)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in fields)
        {
            Add(text, key, value);
        }

        if (hasDump)
        {
            Add(text, CrashFields.Payload, id.Value + CrashDirectory.Dump);
        }

        if (hasTree)
        {
            Add(text, TreeFileKey, id.Value + CrashDirectory.Tree);
        }

        return Encoding.UTF8.GetBytes(Add(text, CrashFields.Done, "1").ToString());
    }

    /// <summary>Null where the file is not there, or not whole.</summary>
    public static CrashMetadata? TryRead(string path)
    {
        try
        {
            var read = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var line in Encoding.UTF8.GetString(SmallFile.Read(path, MostBytes)).Split('\n'))
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                {
                    read[line[..equals]] = line[(equals + 1)..];
                }
            }

            return read.GetValueOrDefault(CrashFields.Done) == "1" ? new CrashMetadata(read) : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsHosts(string key) => key.StartsWith(HostPrefix, StringComparison.Ordinal) || HostKeys.Contains(key);

    private static string KeyOf(string key)
    {
        var head = key.AsSpan(0, Math.Min(key.Length, MostKeyBytes));
        return head.IndexOfAnyExcept(KeyCharacters) < 0
            ? head.ToString()
            : string.Create(head.Length, key, static (to, from) =>
            {
                for (var at = 0; at < to.Length; at++)
                {
                    to[at] = KeyCharacters.Contains(from[at]) ? from[at] : '_';
                }
            });
    }

    private static StringBuilder Add(StringBuilder text, string key, string value) =>
        text.Append(key).Append('=').Append(value).Append('\n');

    private int? Number(string key) =>
        int.TryParse(this[key], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private DateTimeOffset? Millis(string key) =>
        long.TryParse(this[key], NumberStyles.None, CultureInfo.InvariantCulture, out var millis) && millis is > 0 and <= MostMillis
            ? DateTimeOffset.FromUnixTimeMilliseconds(millis)
            : null;
}

/// <summary>What died.</summary>
internal enum CrashKind
{
    /// <summary>A program, by a signal.</summary>
    Program,

    /// <summary>A service that was to stay; it may have ended without a signal.</summary>
    Service,

    /// <summary>The guest's kernel.</summary>
    Kernel,
}
