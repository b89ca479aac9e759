using System.Text;
using VmTools.Linux;

namespace VmTools.DBus.Native;

/// <summary>
/// Reads the arguments of a received message into a body of ours. sd-bus has already checked the marshalling; what is
/// judged here is size and whether we know the type. Descriptors are duplicated, because the message keeps its own.
/// </summary>
internal static unsafe class MessageReader
{
    /// <exception cref="DBusException">An argument is of a type that no method of ours takes, or breaks a limit.</exception>
    internal static BusBody Read(nint message, ServeLimits limits)
    {
        var body = new BusBody();
        try
        {
            while (Check(SdBusMessage.PeekType(message, out var type, out var contents)) > 0)
            {
                ReadOne(message, type, Utf8Text.From(contents), (body, limits));
            }

            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static void ReadOne(nint message, byte type, string? contents, (BusBody Body, ServeLimits Limits) to)
    {
        _ = ((char)type, contents) switch
        {
            ('a', "y") => to.Body.Add(ReadBytes(message, to.Limits)),
            ('a', "s" or "o") => to.Body.Add(ReadList(message, contents, to.Limits)),
            ('a', "h") => to.Body.Add(ReadFds(message, to.Limits)),
            ('h', _) => to.Body.Add(ReadFd(message)),
            ('s' or 'o' or 'g', _) => to.Body.Add(ReadText(message, type, to.Limits)),
            ('u', _) => to.Body.Add(ReadNumber<uint>(message, type)),
            ('i', _) => to.Body.Add(ReadNumber<int>(message, type)),
            ('t', _) => to.Body.Add(ReadNumber<ulong>(message, type)),
            ('b', _) => to.Body.Add(ReadNumber<int>(message, type) != 0),
            _ => throw new DBusException(BusErrors.InvalidArgs, $"An argument of type '{(char)type}{contents}' is not understood."),
        };
    }

    private static ReadOnlyMemory<byte> ReadBytes(nint message, ServeLimits limits)
    {
        Check(SdBusMessage.ReadArray(message, (byte)'y', out var bytes, out var length));
        Within(limits.ArgumentBytes, length, "bytes");

        // SAFETY: sd-bus lends length bytes that stay valid while the message lives; they are copied at once.
        return new ReadOnlySpan<byte>(bytes, (int)length).ToArray();
    }

    private static string ReadText(nint message, byte type, ServeLimits limits)
    {
        byte* text;

        // SAFETY: sd-bus writes one pointer to a NUL-terminated string that lives as long as the message.
        Check(SdBusMessage.ReadBasic(message, type, &text));
        var length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        Within(limits.ArgumentBytes, (nuint)length, "bytes");
        return Encoding.UTF8.GetString(text, length);
    }

    private static List<string> ReadList(nint message, string contents, ServeLimits limits)
    {
        Check(SdBusMessage.EnterContainer(message, (byte)'a', contents));
        var texts = new List<string>();
        var bytes = 0L;
        while (Check(SdBusMessage.PeekType(message, out var type, out _)) > 0)
        {
            texts.Add(ReadText(message, type, limits));
            bytes += texts[^1].Length;
            Within(limits.ArgumentBytes, (nuint)bytes, "bytes");
        }

        Check(SdBusMessage.ExitContainer(message));
        return texts;
    }

    private static FdHandle ReadFd(nint message) => FdHandle.DuplicateOf(ReadNumber<int>(message, (byte)'h'));

    private static List<FdHandle> ReadFds(nint message, ServeLimits limits)
    {
        Check(SdBusMessage.EnterContainer(message, (byte)'a', "h"));
        var fds = new List<FdHandle>();
        try
        {
            while (Check(SdBusMessage.PeekType(message, out _, out _)) > 0)
            {
                Within(limits.Fds, (nuint)fds.Count + 1, "descriptors");
                fds.Add(ReadFd(message));
            }

            Check(SdBusMessage.ExitContainer(message));
            return fds;
        }
        catch
        {
            fds.ForEach(fd => fd.Dispose());
            throw;
        }
    }

    private static T ReadNumber<T>(nint message, byte type)
        where T : unmanaged
    {
        T number = default;

        // SAFETY: sd-bus writes one value of the named type, which T has the size of.
        Check(SdBusMessage.ReadBasic(message, type, &number));
        return number;
    }

    private static void Within(int limit, nuint found, string what)
    {
        if (found > (nuint)limit)
        {
            throw new DBusException(BusErrors.LimitsExceeded, $"An argument has {found} {what}; the limit is {limit}.");
        }
    }

    private static int Check(int result) => SdBusCheck.Result(result, "read an argument");
}
