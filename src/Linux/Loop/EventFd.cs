using System.Buffers.Binary;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Loop;

/// <summary>A kernel counter that wakes the thread that waits on it: the "kick" and the "call" of a ring (eventfd(2)).</summary>
public sealed class EventFd : IDisposable
{
    public EventFd() =>
        Handle = new FdHandle(Syscall.Check(Native.EventFd(0, Native.EventCloexec | Native.EventNonBlocking), "eventfd"));

    private EventFd(FdHandle handle) => Handle = handle;

    public FdHandle Handle { get; }

    /// <summary>Takes over an eventfd that another process made; it is made non-blocking, as we never wait on it.</summary>
    public static EventFd From(FdHandle handle)
    {
        Fd.SetNonBlocking(handle, true);
        return new EventFd(handle);
    }

    /// <summary>Adds one. A full counter stays full: its reader is awake already. Other errors are the peer's loss.</summary>
    public void Signal()
    {
        Span<byte> one = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(one, 1);
        _ = Fd.TryWrite(Handle, one, out _);
    }

    /// <summary>Takes the whole count; false where it is zero.</summary>
    public bool TryConsume(out ulong count)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        var outcome = Fd.TryRead(Handle, value, out var read);
        count = outcome == Errno.None && read == value.Length ? BinaryPrimitives.ReadUInt64LittleEndian(value) : 0;
        return count > 0;
    }

    public void Dispose() => Handle.Dispose();
}
