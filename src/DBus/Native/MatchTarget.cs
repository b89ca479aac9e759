namespace VmTools.DBus.Native;

/// <summary>A match rule installed at the bus, and the signals it brings. Installed means that the bus has confirmed it.</summary>
internal sealed class MatchTarget(BusThread thread, MatchRule rule, Action<BusSignal> deliver, Action<DBusException?> end)
    : IBusTarget
{
    private readonly string _rule = rule.ToString();
    private readonly TaskCompletionSource _installed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ServeLimits _limits = new();
    private nint _id;
    private nint _slot;

    internal Task InstallAsync()
    {
        thread.Post(Install);
        return _installed.Task;
    }

    internal Task RemoveAsync()
    {
        var removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        thread.Post(bus =>
        {
            if (bus != 0)
            {
                Release();
            }

            removed.SetResult();
        });
        return removed.Task;
    }

    public int Received(nint message)
    {
        try
        {
            deliver(Read(message));
        }
        catch (DBusException)
        {
            // A signal with arguments that nobody here understands is not for us, whatever the rule says.
        }

        return 0;
    }

    /// <summary>The bus's answer to the rule.</summary>
    internal unsafe void Confirmed(nint message)
    {
        var error = SdBusMessage.GetError(message);
        if (error is null)
        {
            _installed.TrySetResult();
            return;
        }

        // SAFETY: the error lives as long as the message.
        _installed.TrySetException(new DBusException(
            Utf8Text.From(error->Name) ?? BusErrors.Failed, $"The bus refused the subscription to {_rule}: {Utf8Text.From(error->Message)}"));
    }

    public void Closed(DBusException why)
    {
        Release();
        _installed.TrySetException(why);
        end(why);
    }

    private unsafe void Install(nint bus)
    {
        if (bus == 0)
        {
            _installed.TrySetException(new DBusException(BusErrors.Disconnected, "The bus connection is closed."));
            return;
        }

        _id = thread.Register(this);
        var result = SdBus.AddMatchAsync(
            bus, out _slot, _rule, BusThread.Callback, BusThread.ConfirmationCallback, _id);
        if (result < 0)
        {
            _slot = 0;
            Release();
            _installed.TrySetException(SdBusCheck.Error(result, $"subscribe to {_rule}"));
        }
    }

    private unsafe BusSignal Read(nint message) => new(
        Utf8Text.From(SdBusMessage.GetSender(message)) ?? "",
        Utf8Text.From(SdBusMessage.GetPath(message)) ?? "",
        Utf8Text.From(SdBusMessage.GetInterface(message)) ?? "",
        Utf8Text.From(SdBusMessage.GetMember(message)) ?? "",
        MessageReader.Read(message, _limits));

    private void Release()
    {
        thread.Unregister(_id);
        if (_slot != 0)
        {
            SdBus.SlotUnref(_slot);
            _slot = 0;
        }
    }
}
