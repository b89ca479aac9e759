using System.Text;
using Tmds.DBus.Protocol;
using VmTools.Linux;

namespace VmTools.DBus.Link;

/// <summary>
/// Reads the arguments of a received message into a body of ours. The bus has checked the marshalling; what is judged here is
/// size and whether we know the type. Descriptors are duplicated, because the message closes its own.
/// </summary>
internal static class BodyReader
{
    /// <exception cref="DBusException">An argument is of a type that no method of ours takes, or breaks a limit.</exception>
    internal static BusBody Read(Message message, ServeLimits limits)
    {
        var body = new BusBody();
        try
        {
            var reader = message.GetBodyReader();
            var signature = message.SignatureAsString;
            for (var index = 0; index < signature.Length; index++)
            {
                if (signature[index] == 'a' && index + 1 < signature.Length)
                {
                    ReadArray(ref reader, signature[++index], body, limits);
                }
                else
                {
                    ReadOne(ref reader, signature[index], body, limits);
                }
            }

            return body;
        }
        catch (Exception unreadable)
        {
            body.Dispose();
            throw unreadable as DBusException ?? new DBusException(BusErrors.InvalidArgs, "The arguments cannot be read.", unreadable);
        }
    }

    private static void ReadOne(ref Reader reader, char type, BusBody body, ServeLimits limits) => _ = type switch
    {
        's' or 'o' => body.Add(ReadText(ref reader, limits)),
        'g' => body.Add(reader.ReadSignatureAsString()),
        'u' => body.Add(reader.ReadUInt32()),
        'i' => body.Add(reader.ReadInt32()),
        't' => body.Add(reader.ReadUInt64()),
        'b' => body.Add(reader.ReadBool()),
        'h' => body.Add(ReadFd(ref reader)),
        _ => throw NotUnderstood(type.ToString()),
    };

    private static void ReadArray(ref Reader reader, char type, BusBody body, ServeLimits limits) => _ = type switch
    {
        'y' => body.Add(ReadBytes(ref reader, limits)),
        's' or 'o' => body.Add(ReadTexts(ref reader, limits)),
        'h' => body.Add(ReadFds(ref reader, limits)),
        _ => throw NotUnderstood("a" + type),
    };

    private static ReadOnlyMemory<byte> ReadBytes(ref Reader reader, ServeLimits limits)
    {
        CheckLength(reader, limits);
        return reader.ReadArrayOfByte();
    }

    private static string ReadText(ref Reader reader, ServeLimits limits)
    {
        CheckLength(reader, limits);
        return Encoding.UTF8.GetString(reader.ReadStringAsSpan());
    }

    private static List<string> ReadTexts(ref Reader reader, ServeLimits limits)
    {
        CheckLength(reader, limits);
        var texts = new List<string>();
        var end = reader.ReadArrayStart(DBusType.String);
        while (reader.HasNext(end))
        {
            texts.Add(ReadText(ref reader, limits));
        }

        return texts;
    }

    /// <summary>The message closes its descriptor when it has been handled, which is after this copy was made.</summary>
    private static FdHandle ReadFd(ref Reader reader) => FdHandle.DuplicateOf((int)reader.ReadHandleRaw());

    private static List<FdHandle> ReadFds(ref Reader reader, ServeLimits limits)
    {
        var fds = new List<FdHandle>();
        try
        {
            var end = reader.ReadArrayStart(DBusType.UnixFd);
            while (reader.HasNext(end))
            {
                Within(limits.Fds, fds.Count + 1, "descriptors");
                fds.Add(ReadFd(ref reader));
            }

            return fds;
        }
        catch
        {
            fds.ForEach(static fd => fd.Dispose());
            throw;
        }
    }

    /// <summary>Arrays and strings begin with their length in bytes; a copy of the reader looks at it first.</summary>
    private static void CheckLength(Reader copy, ServeLimits limits) => Within(limits.ArgumentBytes, copy.ReadUInt32(), "bytes");

    private static void Within(int limit, long found, string what)
    {
        if (found > limit)
        {
            throw new DBusException(BusErrors.LimitsExceeded, $"An argument has {found} {what}; the limit is {limit}.");
        }
    }

    private static DBusException NotUnderstood(string type) =>
        new(BusErrors.InvalidArgs, $"An argument of type '{type}' is not understood.");
}
