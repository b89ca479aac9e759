using VmTools.DBus.Link;

namespace VmTools.DBus;

/// <summary>
/// The bus's own interface <c>org.freedesktop.DBus</c>: names, their owners and activation. See "Message Bus Messages" in the
/// D-Bus specification.
/// </summary>
public sealed class BusNames
{
    /// <summary>DBUS_NAME_FLAG_DO_NOT_QUEUE.</summary>
    private const uint DoNotQueue = 4;

    /// <summary>DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER and _ALREADY_OWNER; the others are IN_QUEUE 2 and EXISTS 3.</summary>
    private const uint PrimaryOwner = 1;
    private const uint AlreadyOwner = 4;

    private readonly BusConnection _connection;

    internal BusNames(BusConnection connection) => _connection = connection;

    /// <summary>The unique name of the owner, or null when the name has no owner.</summary>
    public async Task<string?> OwnerOfAsync(string name, CancellationToken cancel)
    {
        try
        {
            using var answer = await CallAsync("GetNameOwner", BusBody.Of(name), cancel);
            return answer.Text(0);
        }
        catch (DBusException none) when (none.Name == BusErrors.NameHasNoOwner)
        {
            return null;
        }
    }

    public async Task<bool> HasOwnerAsync(string name, CancellationToken cancel)
    {
        using var answer = await CallAsync("NameHasOwner", BusBody.Of(name), cancel);
        return answer.Flag(0);
    }

    /// <summary>The names that the bus can start a service for.</summary>
    public async Task<IReadOnlyList<string>> ActivatableAsync(CancellationToken cancel)
    {
        using var answer = await CallAsync("ListActivatableNames", BusBody.Empty, cancel);
        return answer.Texts(0);
    }

    /// <summary>Starts the service of a name, unless it runs, and returns once it owns the name.</summary>
    public async Task StartServiceAsync(string name, CancellationToken cancel)
    {
        using var answer = await CallAsync("StartServiceByName", BusBody.Of(name).Add(0u), cancel);
    }

    /// <summary>Gives a name up; calls that came before are still ours to answer.</summary>
    public async Task ReleaseAsync(string name, CancellationToken cancel)
    {
        using var answer = await CallAsync("ReleaseName", BusBody.Of(name), cancel);
    }

    /// <summary>Reports each change of the name's owner; read with <see cref="ChangeIn"/>.</summary>
    public Task<BusSubscription> WatchAsync(string name, CancellationToken cancel) =>
        _connection.SubscribeAsync(
            new MatchRule
            {
                Sender = BusLink.Driver,
                Path = BusLink.DriverPath,
                Interface = BusLink.Driver,
                Member = "NameOwnerChanged",
                FirstArgument = name,
            },
            cancel);

    /// <summary>What a signal of <see cref="WatchAsync"/> says.</summary>
    public static NameOwnerChange ChangeIn(BusSignal signal) =>
        new(signal.Body.Text(0), NonEmpty(signal.Body.Text(1)), NonEmpty(signal.Body.Text(2)));

    internal async Task<NameOutcome> RequestAsync(string name, CancellationToken cancel)
    {
        using var answer = await CallAsync("RequestName", BusBody.Of(name).Add(DoNotQueue), cancel);
        return answer.Number(0) is PrimaryOwner or AlreadyOwner ? NameOutcome.Owned : NameOutcome.TakenByAnother;
    }

    private static string? NonEmpty(string text) => text.Length == 0 ? null : text;

    private Task<BusBody> CallAsync(string member, BusBody body, CancellationToken cancel) =>
        _connection.CallAsync(BusLink.DriverCall(member, body), cancel);
}
