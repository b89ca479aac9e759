using System.Runtime.InteropServices;

namespace VmTools.DBus.Native;

/// <summary>
/// Answers a call, from the bus thread. A caller who has gone, or who wants no answer, gets none; what cannot be sent
/// becomes an error answer, so that the caller does not wait in vain.
/// </summary>
internal static unsafe class MessageReply
{
    internal static void Send(nint call, string signature, ServedAnswer answer)
    {
        if (answer.Error is { } error)
        {
            SendError(call, error);
        }
        else if (answer.Body!.Signature != signature)
        {
            SendError(call, new DBusException(
                BusErrors.InconsistentMessage, $"The answer would have been '{answer.Body.Signature}', not '{signature}'."));
        }
        else if (SdBusMessage.GetExpectReply(call) > 0)
        {
            try
            {
                SendBody(call, answer.Body);
            }
            catch (Exception refused) when (refused is IOException or ObjectDisposedException)
            {
                SendError(call, new DBusException(BusErrors.Failed, refused.Message));
            }
        }
    }

    internal static void SendError(nint call, DBusException error)
    {
        if (SdBusMessage.GetExpectReply(call) <= 0)
        {
            return;
        }

        var name = Marshal.StringToCoTaskMemUTF8(error.Name);
        var text = Marshal.StringToCoTaskMemUTF8(error.Message);
        try
        {
            // SAFETY: both strings live until sd-bus has copied them into the message.
            var view = new ErrorView { Name = (byte*)name, Message = (byte*)text };
            if (SdBusMessage.NewMethodError(call, out var message, &view) >= 0)
            {
                _ = SdBus.Send(0, message, 0);
                SdBusMessage.Unref(message);
            }
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
            Marshal.FreeCoTaskMem(text);
        }
    }

    private static void SendBody(nint call, BusBody body)
    {
        SdBusCheck.Result(SdBusMessage.NewMethodReturn(call, out var message), "make a reply");
        try
        {
            MessageWriter.Write(message, body);
            SdBusCheck.Result(SdBus.Send(0, message, 0), "send a reply");
        }
        finally
        {
            SdBusMessage.Unref(message);
        }
    }
}
