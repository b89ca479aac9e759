using System.Net.Sockets;
using System.Text;

namespace VmTools.Harness;

/// <summary>QEMU's control socket, as an operator uses it behind the daemon's back (QMP).</summary>
public static class QmpSocket
{
    /// <summary>Runs commands one after the other; each is a JSON object.</summary>
    public static async Task RunAsync(string path, params string[] commands)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await reader.ReadLineAsync();
        foreach (var command in commands.Prepend("""{"execute":"qmp_capabilities"}"""))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(command + "\n"));
            await AnswerAsync(reader, command);
        }
    }

    /// <summary>Events come in between; the answer is the line with "return".</summary>
    private static async Task AnswerAsync(StreamReader reader, string command)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Contains("\"error\"", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"{command}: {line}");
            }

            if (line.Contains("\"return\"", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new IOException($"QEMU closed its control socket during {command}.");
    }
}
