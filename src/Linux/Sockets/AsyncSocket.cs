using System.Net.Sockets;

namespace VmTools.Linux.Sockets;

/// <summary>Gives a connected unix or vsock stream to the runtime's own asynchronous I/O.</summary>
public static class AsyncSocket
{
    /// <summary>A socket that owns the connection from now on; the given handle is empty afterwards.</summary>
    public static Socket Own(FdHandle connected)
    {
        var handle = new SafeSocketHandle(connected.DangerousGetHandle(), ownsHandle: true);
        connected.SetHandleAsInvalid();
        return new Socket(handle);
    }
}
