using System.Globalization;
using VmTools.Protocol.Wire;

namespace VmTools.Host.CrashStore;

/// <summary>What a report's file of facts says, read as far as it can be: all of it but our own keys are a guest's words.</summary>
internal sealed record CrashFacts(IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>Times of a guest that are further off are not shown as times.</summary>
    private const long MostMillis = 253_402_300_799_999;

    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(1);

    public CrashKind Kind => this[CrashMeta.Kind] == "service" ? CrashKind.Service : CrashKind.Program;

    public string Executable => this[CrashFields.ExecutableName] is { Length: > 0 } name ? name : "an unknown program";

    public int? Pid => Number(CrashFields.Pid);

    public int? SignalNumber => Number(CrashFields.Signal);

    /// <summary>The signal in words, from the guest or else by its number.</summary>
    public string? SignalName =>
        SignalNumber is { } number && SignalNames.NameOf(number) is { } known ? known
        : this[CrashFields.SignalName] is { Length: > 0 } name ? name
        : SignalNumber is { } other ? string.Create(CultureInfo.InvariantCulture, $"signal {other}")
        : null;

    public string? FaultAddress => this[CrashFields.FaultAddress] is { Length: > 0 } address ? address : null;

    /// <summary>When it happened by the guest's clock, or when it came where that clock is ahead of ours.</summary>
    public DateTimeOffset? Time =>
        (Millis(CrashFields.TimeMillis), Millis(CrashMeta.Received)) switch
        {
            ({ } happened, { } received) when happened > received + ClockError => received,
            var (happened, received) => happened ?? received,
        };

    public string? this[string key] => Fields.GetValueOrDefault(key);

    /// <summary>What happened: <c>tst (pid 12) died of SIGSEGV at address 0x0</c>.</summary>
    public string Sentence
    {
        get
        {
            var pid = Pid is { } number ? string.Create(CultureInfo.InvariantCulture, $" (pid {number})") : "";
            var where = FaultAddress is { } address ? $" at address {address}" : "";
            return Kind == CrashKind.Service ? $"The service {Executable} ended." : $"{Executable}{pid} died{(SignalName is { } signal ? $" of {signal}" : "")}{where}.";
        }
    }

    private int? Number(string key) =>
        int.TryParse(this[key], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private DateTimeOffset? Millis(string key) =>
        long.TryParse(this[key], NumberStyles.None, CultureInfo.InvariantCulture, out var millis) && millis is > 0 and <= MostMillis
            ? DateTimeOffset.FromUnixTimeMilliseconds(millis)
            : null;
}
