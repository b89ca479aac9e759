using System.Text;
using Tmds.DBus.Protocol;
using VmTools.Linux;

namespace VmTools.DBus.Link;

/// <summary>Appends a body to a message that is being built. Descriptors are duplicated, so the body keeps its own.</summary>
internal static class BodyWriter
{
    /// <summary>
    /// A bus drops the connection of a program that sends a longer message than it allows; the reference bus allows 32 MiB. Refusing
    /// earlier costs one call instead of the connection.
    /// </summary>
    private const int MaxBytes = 31 << 20;

    /// <summary>The library sends so many with one message, as the reference bus allows: max_message_unix_fds in dbus-daemon(1).</summary>
    private const int MaxFds = 16;

    /// <exception cref="DBusException">The body is more than a message carries, or a text has a NUL character.</exception>
    /// <exception cref="ObjectDisposedException">A descriptor of the body has been closed.</exception>
    internal static void Write(ref MessageWriter writer, BusBody body)
    {
        foreach (var value in body.Values)
        {
            Append(ref writer, value);
        }
    }

    /// <summary>What the message takes of the socket's buffer, in bytes, with the kernel's own share of it.</summary>
    internal static long Weigh(BusBody body) =>
        1024 + body.Values.Sum(static value => value switch
        {
            ReadOnlyMemory<byte> bytes => bytes.Length,
            string text => Encoding.UTF8.GetByteCount(text),
            IReadOnlyList<string> texts => texts.Sum(static text => Encoding.UTF8.GetByteCount(text) + 8L),
            _ => 8,
        });

    /// <exception cref="DBusException">The message would carry more than <see cref="MaxBytes"/> or <see cref="MaxFds"/>.</exception>
    internal static void Check(BusBody body)
    {
        var bytes = Weigh(body);
        var fds = CountFds(body);
        if (bytes > MaxBytes || fds > MaxFds)
        {
            throw new DBusException(
                BusErrors.LimitsExceeded, $"A message of {bytes} bytes and {fds} descriptors is more than a bus carries.");
        }
    }

    internal static int CountFds(BusBody body) =>
        body.Values.Sum(static value => value is FdHandle ? 1 : value is IReadOnlyList<FdHandle> fds ? fds.Count : 0);

    private static void Append(ref MessageWriter writer, object value)
    {
        switch (value)
        {
            case ReadOnlyMemory<byte> bytes:
                writer.WriteArray(bytes.Span);
                break;
            case string text:
                AppendText(ref writer, text);
                break;
            case IReadOnlyList<string> texts:
                AppendTexts(ref writer, texts);
                break;
            case uint number:
                writer.WriteUInt32(number);
                break;
            case int number:
                writer.WriteInt32(number);
                break;
            case ulong number:
                writer.WriteUInt64(number);
                break;
            case bool flag:
                writer.WriteBool(flag);
                break;
            case FdHandle fd:
                writer.WriteHandle(fd.Duplicate());
                break;
            case IReadOnlyList<FdHandle> fds:
                AppendFds(ref writer, fds);
                break;
            default:
                throw new InvalidOperationException($"A {value.GetType()} has no D-Bus type here.");
        }
    }

    private static void AppendText(ref MessageWriter writer, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new DBusException(BusErrors.InvalidArgs, "A D-Bus string cannot hold a NUL character.");
        }

        writer.WriteString(text);
    }

    private static void AppendTexts(ref MessageWriter writer, IReadOnlyList<string> texts)
    {
        var start = writer.WriteArrayStart(DBusType.String);
        foreach (var text in texts)
        {
            AppendText(ref writer, text);
        }

        writer.WriteArrayEnd(start);
    }

    private static void AppendFds(ref MessageWriter writer, IReadOnlyList<FdHandle> fds)
    {
        var start = writer.WriteArrayStart(DBusType.UnixFd);
        foreach (var fd in fds)
        {
            writer.WriteHandle(fd.Duplicate());
        }

        writer.WriteArrayEnd(start);
    }
}
