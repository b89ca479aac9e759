using System.Runtime.InteropServices;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Sockets;

/// <summary>SCM_RIGHTS (unix(7), cmsg(3)): bytes that bring open files along.</summary>
internal static unsafe class FdPassing
{
    private static readonly int ControlSize = Align(sizeof(ControlHeader) + Native.MaxPassedFds * sizeof(int));

    public static Errno TryReceive(FdHandle socket, Span<byte> bytes, List<FdHandle> fds, out int count, out bool truncated) =>
        TryReceive(socket, bytes, stackalloc byte[ControlSize], fds, out count, out truncated);

    /// <summary>The same with room for as many fds as the caller gives; what does not fit is lost and with it the whole set.</summary>
    internal static Errno TryReceive(
        FdHandle socket, Span<byte> bytes, Span<byte> control, List<FdHandle> fds, out int count, out bool truncated)
    {
        MessageHeader message;
        nint result;
        do
        {
            // SAFETY: both spans are pinned for the call and give their own lengths.
            fixed (byte* start = bytes)
            fixed (byte* controlStart = control)
            {
                var vector = new IoVector((nint)start, (nuint)bytes.Length);
                message = new MessageHeader
                {
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = controlStart,
                    ControlLength = (nuint)control.Length,
                };
                result = Native.ReceiveMessage(socket, &message, Native.MessageCmsgCloexec);
            }
        }
        while (Syscall.Interrupted(result));

        count = (int)Math.Max(result, 0);
        truncated = false;
        if (result != -1)
        {
            truncated = (message.Flags & Native.MessageControlTruncated) != 0;
            Take(control[..(int)message.ControlLength], fds, truncated);
        }

        return Syscall.Outcome(result);
    }

    public static Errno TrySend(FdHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<FdHandle> fds, out int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fds.Length, Native.MaxPassedFds);
        Span<byte> control = stackalloc byte[fds.IsEmpty ? 0 : Align(sizeof(ControlHeader) + fds.Length * sizeof(int))];
        control.Clear();
        var held = 0;
        try
        {
            Put(fds, control, ref held);
            var result = Send(socket, bytes, control);
            count = (int)Math.Max(result, 0);
            return Syscall.Outcome(result);
        }
        finally
        {
            foreach (var fd in fds[..held])
            {
                fd.DangerousRelease();
            }
        }
    }

    private static nint Send(FdHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> control)
    {
        nint result;
        do
        {
            // SAFETY: both spans are pinned for the call and give their own lengths.
            fixed (byte* start = bytes)
            fixed (byte* controlStart = control)
            {
                var vector = new IoVector((nint)start, (nuint)bytes.Length);
                var message = new MessageHeader
                {
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = controlStart,
                    ControlLength = (nuint)control.Length,
                };
                result = Native.SendMessage(socket, &message, Native.MessageNoSignal);
            }
        }
        while (Syscall.Interrupted(result));

        return result;
    }

    /// <summary>Writes the control message and holds each fd open; the caller lets go of as many as are counted.</summary>
    private static void Put(ReadOnlySpan<FdHandle> fds, Span<byte> control, ref int held)
    {
        if (fds.IsEmpty)
        {
            return;
        }

        var header = new ControlHeader
        {
            Length = (nuint)(sizeof(ControlHeader) + fds.Length * sizeof(int)),
            Level = Native.SolSocket,
            Type = Native.ScmRights,
        };
        MemoryMarshal.Write(control, header);
        var numbers = MemoryMarshal.Cast<byte, int>(control[sizeof(ControlHeader)..]);
        for (var i = 0; i < fds.Length; i++, held++)
        {
            var taken = false;
            fds[i].DangerousAddRef(ref taken);
            numbers[i] = (int)fds[i].DangerousGetHandle();
        }
    }

    /// <summary>Walks the control messages that the kernel (not the peer) laid out.</summary>
    private static void Take(ReadOnlySpan<byte> control, List<FdHandle> fds, bool close)
    {
        while (control.Length >= sizeof(ControlHeader))
        {
            var header = MemoryMarshal.Read<ControlHeader>(control);
            var length = (int)header.Length;
            if (length < sizeof(ControlHeader) || length > control.Length)
            {
                return;
            }

            if (header.Level == Native.SolSocket && header.Type == Native.ScmRights)
            {
                TakeFds(MemoryMarshal.Cast<byte, int>(control[sizeof(ControlHeader)..length]), fds, close);
            }

            control = control[Math.Min(Align(length), control.Length)..];
        }
    }

    private static void TakeFds(ReadOnlySpan<int> numbers, List<FdHandle> fds, bool close)
    {
        foreach (var number in numbers)
        {
            var fd = new FdHandle(number);
            if (close)
            {
                fd.Dispose();
            }
            else
            {
                fds.Add(fd);
            }
        }
    }

    private static int Align(int length) => (length + 7) & ~7;
}
