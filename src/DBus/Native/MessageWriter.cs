using System.Runtime.InteropServices;
using VmTools.Linux;

namespace VmTools.DBus.Native;

/// <summary>Appends a body to a message that is being built. sd-bus duplicates descriptors, so the body keeps its own.</summary>
internal static unsafe class MessageWriter
{
    /// <summary>
    /// A bus drops the connection of whoever sends a longer message than it allows; the reference bus allows 32 MiB. Refusing
    /// earlier costs one call instead of the connection.
    /// </summary>
    private const int MaxBytes = 31 << 20;

    internal static void Write(nint message, BusBody body)
    {
        foreach (var value in body.Values)
        {
            Check(Append(message, value), "append an argument");
        }
    }

    private static int Append(nint message, object value) => value switch
    {
        ReadOnlyMemory<byte> bytes => AppendBytes(message, bytes.Span),
        string text => AppendText(message, text),
        IReadOnlyList<string> texts => AppendList(message, "s", texts, AppendText),
        uint number => AppendNumber(message, (byte)'u', number),
        int number => AppendNumber(message, (byte)'i', number),
        ulong number => AppendNumber(message, (byte)'t', number),
        bool flag => AppendNumber(message, (byte)'b', flag ? 1 : 0),
        FdHandle fd => AppendFd(message, fd),
        IReadOnlyList<FdHandle> fds => AppendList(message, "h", fds, AppendFd),
        _ => throw new InvalidOperationException($"A {value.GetType()} has no D-Bus type here."),
    };

    private static int AppendBytes(nint message, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new DBusException(BusErrors.LimitsExceeded, $"A message of {bytes.Length} bytes is more than a bus carries.");
        }

        // SAFETY: sd-bus copies the bytes during the call.
        fixed (byte* start = bytes)
        {
            return SdBusMessage.AppendArray(message, (byte)'y', start, (nuint)bytes.Length);
        }
    }

    private static int AppendText(nint message, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new DBusException(BusErrors.InvalidArgs, "A D-Bus string cannot hold a NUL character.");
        }

        var copy = Marshal.StringToCoTaskMemUTF8(text);
        try
        {
            // SAFETY: a NUL-terminated copy that lives until after the call, in which sd-bus copies it.
            return SdBusMessage.AppendBasic(message, (byte)'s', (void*)copy);
        }
        finally
        {
            Marshal.FreeCoTaskMem(copy);
        }
    }

    // SAFETY: sd-bus reads one value of the named type, which T has the size of.
    private static int AppendNumber<T>(nint message, byte type, T number)
        where T : unmanaged => SdBusMessage.AppendBasic(message, type, &number);

    private static int AppendFd(nint message, FdHandle fd)
    {
        var held = false;
        try
        {
            fd.DangerousAddRef(ref held);
            var number = (int)fd.DangerousGetHandle();

            // SAFETY: the descriptor is held open across the call, in which sd-bus duplicates it.
            return SdBusMessage.AppendBasic(message, (byte)'h', &number);
        }
        finally
        {
            if (held)
            {
                fd.DangerousRelease();
            }
        }
    }

    private static int AppendList<T>(nint message, string type, IReadOnlyList<T> items, Func<nint, T, int> append)
    {
        Check(SdBusMessage.OpenContainer(message, (byte)'a', type), "open an array");
        foreach (var item in items)
        {
            Check(append(message, item), "append to an array");
        }

        return SdBusMessage.CloseContainer(message);
    }

    private static void Check(int result, string what) => SdBusCheck.Result(result, what);
}
