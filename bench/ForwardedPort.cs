using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace VmTools.Bench;

/// <summary>A TCP port of the host that leads through the VMM's user-mode network to one of the guest.</summary>
internal static class ForwardedPort
{
    /// <summary>Asks the VMM over QMP; gives the host's port.</summary>
    public static async Task<int> OpenAsync(HostProcess vmm, int guestPort, CancellationToken cancel)
    {
        var netdev = vmm.CommandLine.First(word => word.StartsWith("user,", StringComparison.Ordinal))
            .Split(',').First(word => word.StartsWith("id=", StringComparison.Ordinal))[3..];
        var control = vmm.CommandLine.SelectMany(word => word.Split(',', '='))
            .First(word => word.EndsWith("/control.sock", StringComparison.Ordinal));
        var port = FreePort();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(control), cancel);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        await using var writer = new StreamWriter(stream) { AutoFlush = true };
        await reader.ReadLineAsync(cancel);
        await AskAsync(reader, writer, """{"execute":"qmp_capabilities"}""", cancel);
        var command = string.Create(CultureInfo.InvariantCulture, $"hostfwd_add {netdev} tcp:127.0.0.1:{port}-:{guestPort}");
        await AskAsync(
            reader, writer, $$$"""{"execute":"human-monitor-command","arguments":{"command-line":"{{{command}}}"}}""", cancel);
        return port;
    }

    private static async Task AskAsync(StreamReader reader, StreamWriter writer, string request, CancellationToken cancel)
    {
        await writer.WriteLineAsync(request.AsMemory(), cancel);
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            if (line.Contains("\"return\": \"\"", StringComparison.Ordinal) || line.Contains("\"return\": {}", StringComparison.Ordinal))
            {
                return;
            }

            if (!line.Contains("\"event\"", StringComparison.Ordinal))
            {
                throw new BenchException($"The VMM answered '{request}' with '{line}'.");
            }
        }

        throw new BenchException($"The VMM did not answer '{request}'.");
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
