using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Google.Protobuf;
using VmTools.DBus;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>
/// What the objects of our daemons on the bus have in common: who may call them, and how bytes become messages and answers.
/// </summary>
internal static class OwnedObject
{
    /// <summary>
    /// A user's instance is that user's and root's alone; the system's instance, whose owner is root, leaves it to the bus's policy.
    /// </summary>
    public static Func<BusCaller, bool> AdmitsOnly(uint owner) => caller => owner == 0 || caller.Uid == owner || caller.Uid == 0;

    /// <summary>The message that a call brings as its first argument, of type <c>ay</c>.</summary>
    /// <exception cref="DBusException"><see cref="BusErrors.InvalidArgs"/>: the bytes are no such message.</exception>
    public static T Read<T>(MessageParser<T> parser, BusRequest request)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(request.Body.Bytes(0).Span);
        }
        catch (InvalidProtocolBufferException garbled)
        {
            throw new DBusException(BusErrors.InvalidArgs, $"The argument of {request.Member} is not the message it should be.", garbled);
        }
    }

    /// <summary>
    /// A method that takes one message and answers with one; a failure that was expected is the D-Bus error <paramref name="refusal"/>.
    /// </summary>
    public static ServedMethod Method<TRequest, TReply>(
        string member, MessageParser<TRequest> parser, string refusal, Func<TRequest, CancellationToken, Task<TReply>> run)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage =>
        new(member, "ay", "ay", async (request, cancel) =>
        {
            try
            {
                return BusBody.Of((await run(Read(parser, request), cancel)).ToByteArray());
            }
            catch (VmToolsException refused)
            {
                throw new DBusException(refusal, refused.Message, refused);
            }
        });

    /// <summary>The method <c>Status</c> of a daemon: its counters, as they are when it is called, as JSON.</summary>
    public static ServedMethod Status<T>(Func<T> read, JsonTypeInfo<T> json) =>
        new("Status", "", "s", (_, _) => Task.FromResult(BusBody.Of(JsonSerializer.Serialize(read(), json)))) { OutNames = ["counters"] };
}
