using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Loop;

/// <summary>
/// Waits for many fds at once (epoll(7)). Waiting belongs to one thread; adding and removing may come from any. The token is
/// the caller's: give each registration its own, so that a late event of a closed fd is not taken for its successor's.
/// </summary>
public sealed class Epoll : IDisposable
{
    private const int Forever = -1;

    private static readonly int EventSize = Kernel.EpollEventSize(RuntimeInformation.ProcessArchitecture);
    private static readonly int TokenOffset = EventSize - sizeof(ulong);

    private readonly FdHandle _handle = new(Syscall.Check(Native.EpollCreate(Native.EventCloexec), "epoll_create1"));
    private byte[] _buffer = new byte[64 * EventSize];

    public void Add(FdHandle fd, EpollEvents events, ulong token) => Control(Native.EpollAdd, fd, events, token);

    public void Modify(FdHandle fd, EpollEvents events, ulong token) => Control(Native.EpollModify, fd, events, token);

    public void Remove(FdHandle fd) => Control(Native.EpollDelete, fd, EpollEvents.None, 0);

    /// <summary>For an fd whose handle may be disposed already but which the caller keeps open.</summary>
    internal unsafe void Remove(int fd) => Syscall.Check(Native.EpollControl(_handle, Native.EpollDelete, fd, null), "epoll_ctl");

    /// <summary>
    /// The number of events put into <paramref name="events"/>; -1 milliseconds waits without end. A signal may end a
    /// limited wait early with nothing, so a caller with a deadline looks at its clock and not at the zero.
    /// </summary>
    public unsafe int Wait(Span<EpollEvent> events, int timeoutMilliseconds)
    {
        if (_buffer.Length < events.Length * EventSize)
        {
            _buffer = new byte[events.Length * EventSize];
        }

        int count;
        do
        {
            // SAFETY: the buffer is pinned for the call and holds events.Length kernel events.
            fixed (byte* start = _buffer)
            {
                count = Native.EpollWait(_handle, start, events.Length, timeoutMilliseconds);
            }
        }
        while (Syscall.Interrupted(count) && timeoutMilliseconds == Forever);

        if (Syscall.Interrupted(count))
        {
            return 0;
        }

        Syscall.Check(count, "epoll_wait");
        for (var i = 0; i < count; i++)
        {
            var one = _buffer.AsSpan(i * EventSize, EventSize);
            events[i] = new EpollEvent(
                (EpollEvents)BinaryPrimitives.ReadUInt32LittleEndian(one),
                BinaryPrimitives.ReadUInt64LittleEndian(one[TokenOffset..]));
        }

        return count;
    }

    public void Dispose() => _handle.Dispose();

    private unsafe void Control(int operation, FdHandle fd, EpollEvents events, ulong token)
    {
        Span<byte> one = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(one, (uint)events);
        BinaryPrimitives.WriteUInt64LittleEndian(one[TokenOffset..], token);

        // SAFETY: the sixteen bytes live on this stack frame and hold the larger of the two kernel layouts.
        fixed (byte* start = one)
        {
            Syscall.Check(Native.EpollControl(_handle, operation, fd, start), "epoll_ctl");
        }
    }
}
