using Tmds.DBus.Protocol;

namespace VmTools.DBus.Link;

/// <summary>
/// Hands signals that arrive to the subscriptions whose rules they fit. The bus counts equal rules, so each subscription adds and
/// removes its own.
/// </summary>
internal sealed class SignalDelivery(BusLink link)
{
    private static readonly ServeLimits Limits = new();

    private readonly Lock _gate = new();
    private BusSubscription[] _subscriptions = [];
    private Task? _listening;

    /// <summary>Told the unique name of each connection that left the bus, as far as a rule asks for it.</summary>
    internal Action<string>? Left { get; set; }

    internal Task StartAsync()
    {
        lock (_gate)
        {
            return _listening ??= link.ListenAsync(Heard);
        }
    }

    /// <summary>Once this returns, no signal that fits and is sent later is missed.</summary>
    internal async Task AddAsync(BusSubscription subscription)
    {
        await StartAsync();
        Task adding;
        lock (_gate)
        {
            if (subscription.IsDisposed)
            {
                return;
            }

            Volatile.Write(ref _subscriptions, [.. _subscriptions, subscription]);
            adding = link.CallAsync(RuleCall("AddMatch", subscription.Rule), static (_, _) => true, null, CancellationToken.None);
        }

        try
        {
            await adding;
        }
        catch (DBusException refused) when (refused.Name != BusErrors.Disconnected)
        {
            // Its rule is not there. To remove it would remove that of another subscription to the same.
            TryForget(subscription);
            throw new DBusException(refused.Name, $"The bus refused the subscription to {subscription.Rule}: {refused.Message}", refused);
        }
    }

    internal void Remove(BusSubscription subscription)
    {
        lock (_gate)
        {
            if (TryForget(subscription))
            {
                link.Post(RuleCall("RemoveMatch", subscription.Rule));
            }
        }
    }

    internal void End(DBusException why)
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
        {
            subscription.End(why);
        }
    }

    /// <summary>A rule without a subscription, added or removed without waiting for the bus's answer.</summary>
    internal void Post(string member, MatchRule rule) => link.Post(RuleCall(member, rule));

    private static BusCall RuleCall(string member, MatchRule rule) => BusLink.DriverCall(member, BusBody.Of(rule.ToString()));

    private bool TryForget(BusSubscription subscription)
    {
        lock (_gate)
        {
            var others = _subscriptions.Where(other => other != subscription).ToArray();
            var isFound = others.Length < _subscriptions.Length;
            Volatile.Write(ref _subscriptions, others);
            return isFound;
        }
    }

    private void Heard(Message message)
    {
        try
        {
            NoteDeparture(message);
            Deliver(message);
        }
        catch (Exception unreadable) when (unreadable is DBusException or DBusExceptionBase)
        {
            // A signal with arguments that no program here understands is not for us, whatever the rule says.
        }
    }

    private void NoteDeparture(Message message)
    {
        if (Left is { } left && message.Sender.SequenceEqual("org.freedesktop.DBus"u8) && message.Member.SequenceEqual("NameOwnerChanged"u8)
            && message.Signature.SequenceEqual("sss"u8))
        {
            var reader = message.GetBodyReader();
            var name = reader.ReadString();
            _ = reader.ReadString();
            if (reader.ReadString().Length == 0)
            {
                left(name);
            }
        }
    }

    private void Deliver(Message message)
    {
        var wanted = Volatile.Read(ref _subscriptions).Where(subscription => Fits(subscription.Rule, message)).ToArray();
        if (wanted.Length == 0)
        {
            return;
        }

        // Each reader owns its descriptors, and a message gives each of them out once.
        var signal = Read(message);
        foreach (var other in wanted[1..])
        {
            other.Deliver(signal with { Body = signal.Body.Copy() });
        }

        wanted[0].Deliver(signal);
    }

    private static BusSignal Read(Message message) => new(
        message.SenderAsString ?? "",
        message.PathAsString ?? "",
        message.InterfaceAsString ?? "",
        message.MemberAsString ?? "",
        BodyReader.Read(message, Limits));

    private static bool Fits(MatchRule rule, Message message) =>
        IsOrAny(rule.Path, message.PathAsString)
        && IsOrAny(rule.Interface, message.InterfaceAsString)
        && IsOrAny(rule.Member, message.MemberAsString)
        && IsFrom(rule.Sender, message)
        && (rule.FirstArgument is not { } first
            || (message.Signature.StartsWith("s"u8) && message.GetBodyReader().ReadString() == first));

    private static bool IsOrAny(string? wanted, string? found) => wanted is null || wanted == found;

    /// <summary>
    /// A message has its sender's unique name, so whether that connection owns a well-known name only the bus can judge. It did so
    /// for a signal that came by a rule; one that a peer addressed to us went past the rules.
    /// </summary>
    private static bool IsFrom(string? wanted, Message message) =>
        wanted is null
        || wanted == message.SenderAsString
        || (!wanted.StartsWith(':') && wanted != BusLink.Driver && !message.DestinationIsSet);
}
