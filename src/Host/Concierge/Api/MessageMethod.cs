using Google.Protobuf;
using VmTools.DBus;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Api;

/// <summary>Methods on the bus whose argument and result are protobuf messages as bytes.</summary>
internal static class MessageMethod
{
    /// <summary>Message in, message out. A failure that the answer has no field for becomes a D-Bus error.</summary>
    public static ServedMethod Of<TRequest, TReply>(
        string member, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, Task<TReply>> run)
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
                throw new DBusException(BusErrors.Failed, refused.Message, refused);
            }
        });

    /// <exception cref="DBusException">The first argument's bytes are not the message.</exception>
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
}
