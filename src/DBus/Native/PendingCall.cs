namespace VmTools.DBus.Native;

/// <summary>One method call on its way: sent from the bus thread, answered once, by reply, error, give-up or the bus's end.</summary>
internal sealed unsafe class PendingCall(BusThread thread, BusCall call) : IBusTarget
{
    /// <summary>Replies come from services we chose to ask; only what a bus can carry bounds them.</summary>
    private static readonly ServeLimits ReplyLimits = new() { ArgumentBytes = 128 << 20, Fds = 253 };

    private readonly TaskCompletionSource<BusBody> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private nint _id;
    private nint _slot;

    internal Task<BusBody> Reply => _reply.Task;

    /// <summary>Posted to the bus thread to send the call.</summary>
    internal void Start(nint bus)
    {
        if (bus == 0)
        {
            _reply.TrySetException(new DBusException(BusErrors.Disconnected, "The bus connection is closed."));
        }
        else if (!_reply.Task.IsCompleted)
        {
            try
            {
                Send(bus);
            }
            catch (Exception refused) when (refused is IOException or ObjectDisposedException)
            {
                _reply.TrySetException(refused);
            }
        }
    }

    /// <summary>Stops waiting; a reply that still comes is dropped. Any thread.</summary>
    internal void Abandon(CancellationToken why)
    {
        _reply.TrySetCanceled(why);
        thread.Post(bus =>
        {
            if (bus != 0)
            {
                Release();
            }
        });
    }

    public int Received(nint message)
    {
        Release();
        try
        {
            SdBusCheck.Result(SdBusMessage.GetKind(message, out var kind), "read a reply");
            if (kind == SdBus.MethodErrorType)
            {
                var error = SdBusMessage.GetError(message);

                // SAFETY: an error message always has an error, which lives as long as the message.
                _reply.TrySetException(new DBusException(
                    Utf8Text.From(error->Name) ?? BusErrors.Failed, Utf8Text.From(error->Message) ?? "no reason was given"));
                return 1;
            }

            var body = MessageReader.Read(message, ReplyLimits);
            if (!_reply.TrySetResult(body))
            {
                body.Dispose();
            }
        }
        catch (IOException unreadable)
        {
            _reply.TrySetException(unreadable);
        }

        return 1;
    }

    public void Closed(DBusException why)
    {
        Release();
        _reply.TrySetException(why);
    }

    private void Send(nint bus)
    {
        SdBusCheck.Result(
            SdBusMessage.NewMethodCall(bus, out var message, call.Destination, call.Path, call.Interface, call.Member),
            $"make the call {call.Interface}.{call.Member}");
        try
        {
            SdBusCheck.Result(SdBusMessage.SetAutoStart(message, call.MayActivate ? 1 : 0), "set a flag of a call");
            MessageWriter.Write(message, call.Body);
            _id = thread.Register(this);
            SdBusCheck.Result(
                SdBus.CallAsync(bus, out _slot, message, BusThread.Callback, _id, SdBus.NoTimeout),
                $"send the call {call.Interface}.{call.Member}");
        }
        catch
        {
            Release();
            throw;
        }
        finally
        {
            SdBusMessage.Unref(message);
        }
    }

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
