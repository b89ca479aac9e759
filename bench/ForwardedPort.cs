using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VmTools.Bench;

/// <summary>A TCP port of the host that leads through the VM's user-mode network to one of the guest.</summary>
internal static class ForwardedPort
{
    private const string Guest = "10.0.2.15";

    /// <summary>Asks slirp4netns over its control socket (slirp4netns(1), "API socket"); gives the host's port.</summary>
    public static async Task<int> OpenAsync(HostProcess network, int guestPort, CancellationToken cancel)
    {
        const string Option = "--api-socket=";
        var control = network.CommandLine.First(word => word.StartsWith(Option, StringComparison.Ordinal))[Option.Length..];
        var port = FreePort();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(control), cancel);
        var request = string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_addr":"127.0.0.1","host_port":{{{port}}},"guest_addr":"{{{Guest}}}","guest_port":{{{guestPort}}}}}""");
        await socket.SendAsync(Encoding.UTF8.GetBytes(request), cancel);
        socket.Shutdown(SocketShutdown.Send);
        var answer = await ReadAsync(socket, cancel);
        return answer.Contains("\"return\"", StringComparison.Ordinal)
            ? port
            : throw new BenchException($"The network answered '{request}' with '{answer}'.");
    }

    /// <summary>slirp4netns closes the connection behind its answer, at times before we get to read it.</summary>
    private static async Task<string> ReadAsync(Socket socket, CancellationToken cancel)
    {
        var answer = new StringBuilder();
        var bytes = new byte[1024];
        while (await socket.ReceiveAsync(bytes, cancel) is > 0 and var count)
        {
            answer.Append(Encoding.UTF8.GetString(bytes, 0, count));
        }

        return answer.ToString();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
