using System.Globalization;

namespace VmTools.Bench;

/// <summary>What the benchmark compares with, running in the VM: sshd, and the C program on vsock and TCP.</summary>
internal sealed record GuestPeers(BenchInstance Instance, string VsockAddress, string TcpAddress, int SshPort)
{
    public static async Task<GuestPeers> StartAsync(BenchInstance instance, CancellationToken cancel)
    {
        await instance.Tool.RunAsync(instance.VshAsRoot("/opt/bench/start"), cancel);
        var network = instance.Process("slirp4netns");
        var cid = instance.Process("vm_vsock").CommandLine.First(word => word.StartsWith("--cid=", StringComparison.Ordinal))[6..];
        var tcp = await ForwardedPort.OpenAsync(network, 5000, cancel);
        var ssh = await ForwardedPort.OpenAsync(network, 22, cancel);
        var peers = new GuestPeers(
            instance,
            $"unix:{Path.Combine(instance.Runtime, "vsock", $"guest.{cid}")}",
            string.Create(CultureInfo.InvariantCulture, $"tcp:{tcp}"),
            ssh);
        await peers.Instance.Tool.RunAsync(peers.Ssh("true"), cancel);
        return peers;
    }

    /// <summary>The raw client against one end; <paramref name="address"/> is one of ours, or <c>pair</c>.</summary>
    public string[] Client(string address, params string[] purpose) => [Instance.Built("client"), address, .. purpose];

    public string[] Ssh(params string[] command) =>
    [
        "ssh", "-F", "none", "-i", Instance.Built("key"), "-p", SshPort.ToString(CultureInfo.InvariantCulture),
        "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
        "root@127.0.0.1", .. command,
    ];

    /// <summary>The nanoseconds that the raw client prints.</summary>
    public async Task<double> NanosecondsAsync(string address, string purpose, long amount, CancellationToken cancel) =>
        double.Parse(
            await Instance.Tool.RunAsync(Client(address, purpose, amount.ToString(CultureInfo.InvariantCulture)), cancel),
            CultureInfo.InvariantCulture);
}
