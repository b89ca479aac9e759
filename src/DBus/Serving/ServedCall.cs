using Tmds.DBus.Protocol;
using VmTools.DBus.Link;

namespace VmTools.DBus.Serving;

/// <summary>
/// A call that has arrived, until it is answered: once, or never where its caller wants no answer. What cannot be sent becomes an
/// error answer, so that the caller does not wait in vain.
/// </summary>
internal sealed class ServedCall(BusLink link, MethodContext context, ServedMethod method, BusBody body)
{
    internal ServedMethod Method { get; } = method;

    internal BusBody Body { get; } = body;

    internal string Sender { get; } = SenderOf(context);

    internal long Bytes { get; } = BodyWriter.Weigh(body);

    /// <summary>The handler at work.</summary>
    internal Task Work { get; set; } = Task.CompletedTask;

    internal static string SenderOf(MethodContext context) => context.Request.SenderAsString ?? "";

    internal async Task AnswerAsync(BusBody answer)
    {
        using (answer)
        {
            if (answer.Signature != Method.Out)
            {
                Refuse(new DBusException(
                    BusErrors.InconsistentMessage, $"The answer would have been '{answer.Signature}', not '{Method.Out}'."));
                return;
            }

            try
            {
                await ReplyAsync(answer);
                context.Dispose();
            }
            catch (Exception refused) when (refused is IOException or ObjectDisposedException)
            {
                Refuse(new DBusException(BusErrors.Failed, refused.Message));
            }
        }
    }

    internal void Refuse(DBusException error) => Refuse(link, context, error);

    /// <summary>Answers a call with an error and lets go of it.</summary>
    internal static void Refuse(BusLink link, MethodContext context, DBusException error)
    {
        try
        {
            link.Owe(1024 + error.Message.Length);
            context.ReplyError(
                BusSyntax.IsInterface(error.Name) ? error.Name : BusErrors.Failed, error.Message.Replace('\0', ' '));
            context.Dispose();
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended.
        }
    }

    private async Task ReplyAsync(BusBody answer)
    {
        if (context.NoReplyExpected)
        {
            return;
        }

        BodyWriter.Check(answer);
        if (BodyWriter.CountFds(answer) > 0)
        {
            await link.MakeRoomAsync(CancellationToken.None);
        }

        link.Owe(BodyWriter.Weigh(answer));
        context.Reply(Build(answer));
    }

    private MessageBuffer Build(BusBody answer)
    {
        var writer = context.CreateReplyWriter(BusLink.SignatureOf(answer));
        try
        {
            BodyWriter.Write(ref writer, answer);
            return writer.CreateMessage();
        }
        finally
        {
            writer.Dispose();
        }
    }
}
