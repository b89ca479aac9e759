using System.Net.Sockets;
using System.Text;

namespace VmTools.Bench;

/// <summary>
/// The bare floor of a start: the command lines of VMM and vsock device taken from a real VM, with the C program as the
/// guest's first process. No daemon, no agent.
/// </summary>
internal sealed class FloorVm(BenchInstance instance, HostProcess vmm, HostProcess device, TimeProvider clock)
{
    private const int Port = 5001;

    /// <summary>Nanoseconds from the start of the device to the guest's word; the machine is ended afterwards.</summary>
    public async Task<double> StartAsync(CancellationToken cancel)
    {
        MakeDirectories();
        var path = Path.Combine(instance.Runtime, "vsock", $"host.{Port}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        try
        {
            return await StartAsync(listener, cancel);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<double> StartAsync(Socket listener, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromMinutes(3));
        var began = clock.GetTimestamp();
        using var deviceProcess = instance.Tool.Start(
            [.. device.CommandLine.Where(word => !word.StartsWith("--network-", StringComparison.Ordinal))]);
        await deviceProcess.StandardOutput.ReadLineAsync(deadline.Token);
        using var vmmProcess = instance.Tool.Start([.. vmm.CommandLine.Select(Changed)]);
        try
        {
            using var guest = await listener.AcceptAsync(deadline.Token);
            await ReadReadyAsync(guest, deadline.Token);
            return clock.GetElapsedTime(began).TotalNanoseconds;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BenchException("The floor VM did not say that it is ready.");
        }
        finally
        {
            vmmProcess.Kill();
            await vmmProcess.WaitForExitAsync(CancellationToken.None);
            deviceProcess.Kill();
            await deviceProcess.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task ReadReadyAsync(Socket guest, CancellationToken cancel)
    {
        var said = new StringBuilder();
        var bytes = new byte[64];
        while (!said.ToString().Contains("ready\n", StringComparison.Ordinal))
        {
            var count = await guest.ReceiveAsync(bytes, cancel);
            if (count == 0)
            {
                throw new BenchException($"The floor VM only said '{said}'.");
            }

            said.Append(Encoding.UTF8.GetString(bytes, 0, count));
        }
    }

    /// <summary>The directories of the sockets in the command line go with the VM they belonged to.</summary>
    private void MakeDirectories()
    {
        foreach (var directory in vmm.CommandLine.Concat(device.CommandLine)
            .SelectMany(word => word.Split('=', ','))
            .Where(word => word.StartsWith(instance.Runtime, StringComparison.Ordinal))
            .Select(word => Path.GetDirectoryName(word)!))
        {
            Directory.CreateDirectory(directory);
        }
    }

    /// <summary>The floor has another initramfs, and QEMU's own network: slirp4netns went with the VM.</summary>
    private string Changed(string word) =>
        word.EndsWith("/initramfs.cpio", StringComparison.Ordinal) ? instance.Built("floor.cpio")
        : word.StartsWith("dgram,id=net,", StringComparison.Ordinal) ? "user,id=net,ipv6=off"
        : word;
}
