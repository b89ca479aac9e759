using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace VmTools.Unit.Virtio.Vsock.Device;

/// <summary>What host programs do with their sockets in these tests.</summary>
internal static class HostProgram
{
    public static void InParallel(int count, Action<int> work)
    {
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() => work(i))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }

    public static bool EchoesWhole(Socket socket, int seed, int size, bool end = true)
    {
        var sent = new byte[size];
        new Random(seed).NextBytes(sent);
        var writer = new Thread(() =>
        {
            for (var at = 0; at < size;)
            {
                at += socket.Send(sent.AsSpan(at, Math.Min(size - at, 60_000)));
            }

            if (end)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
        });
        writer.Start();
        var got = new byte[size];
        for (var at = 0; at < size;)
        {
            var count = socket.Receive(got.AsSpan(at));
            if (count == 0)
            {
                return false;
            }

            at += count;
        }

        writer.Join();
        return SHA256.HashData(sent).AsSpan().SequenceEqual(SHA256.HashData(got)) && (!end || socket.Receive(new byte[1]) == 0);
    }

    public static string ReadToEnd(Socket socket)
    {
        var text = new StringBuilder();
        var bytes = new byte[1000];
        try
        {
            for (var count = socket.Receive(bytes); count > 0; count = socket.Receive(bytes))
            {
                text.Append(Encoding.Latin1.GetString(bytes, 0, count));
            }
        }
        catch (SocketException closed) when (closed.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with bytes of ours unread, as it should be.
        }

        return text.ToString();
    }

    public static void FillUp(Socket socket)
    {
        for (var idle = 0; idle < 20;)
        {
            try
            {
                socket.Send(new byte[4096]);
                idle = 0;
            }
            catch (SocketException full) when (full.SocketErrorCode == SocketError.WouldBlock)
            {
                idle++;
                Thread.Sleep(10);
            }
        }
    }
}
