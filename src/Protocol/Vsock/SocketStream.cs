using System.Net.Sockets;

namespace VmTools.Protocol.Vsock;

/// <summary>
/// A stream over a connected socket of any family. NetworkStream would not do: it asks the socket whether it is connected,
/// and the runtime cannot tell for a vsock one.
/// </summary>
internal sealed class SocketStream(Socket socket) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException lost)
        {
            throw new IOException("The connection was lost while reading.", lost);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
            }
        }
        catch (SocketException lost)
        {
            throw new IOException("The connection was lost while writing.", lost);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        try
        {
            return socket.Receive(buffer, offset, count, SocketFlags.None);
        }
        catch (SocketException lost)
        {
            throw new IOException("The connection was lost while reading.", lost);
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        try
        {
            for (var sent = 0; sent < count;)
            {
                sent += socket.Send(buffer, offset + sent, count - sent, SocketFlags.None);
            }
        }
        catch (SocketException lost)
        {
            throw new IOException("The connection was lost while writing.", lost);
        }
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
        }

        base.Dispose(disposing);
    }
}
