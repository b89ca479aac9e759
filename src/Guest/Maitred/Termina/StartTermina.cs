using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Maitred.Disks;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux;
using VmTools.Linux.Mounting;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Termina;

/// <summary>
/// Makes the VM a host of containers: 1 the stateful disk is mounted, unless the host has done that already; 2 the kernel gets what
/// containers need; 3 tremplin is started. A second request finds all of it done.
/// </summary>
internal sealed partial class StartTermina(Supervisor supervisor, MountVolume disks, Task driversLoaded, ILogger log) : IDisposable
{
    public const string StatefulTarget = "/mnt/stateful";

    private const string DefaultDevice = "/dev/vdb";
    private const string FileSystem = "btrfs";
    private const string Options = "user_subvol_rm_allowed,discard";
    private const string AfterLoss = Options + ",usebackuproot";

    private static readonly string[] Modules = ["loop", "erofs", "overlay", "veth", "bridge", "nf_tables", "nft_chain_nat", "nft_masq"];

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <param name="device">The stateful disk, where it is not mounted; empty for the first disk after the root.</param>
    /// <param name="subnet">The containers' network; empty for tremplin's own choice.</param>
    /// <param name="cancel">Ends the wait, and with it the steps that have not begun.</param>
    public async Task<TerminaOutcome> RunAsync(string device, string subnet, CancellationToken cancel)
    {
        if (subnet.Length > 0 && !IsNetwork(subnet))
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"'{subnet}' is no IPv4 network; write it as 100.115.93.0/24.");
        }

        await _one.WaitAsync(cancel);
        try
        {
            // 1
            var hasLost = await MountAsync(device.Length > 0 ? device : DefaultDevice, cancel);
            if (supervisor.Find(AgentPrograms.Tremplin) is null)
            {
                // 2
                await driversLoaded.WaitAsync(cancel);
                await supervisor.LaunchAsync(
                    new LaunchSpec { Arguments = ["modprobe", "--all", "--quiet", .. Modules], WaitForExit = true }, cancel);

                // 3
                await supervisor.LaunchAsync(AgentPrograms.TremplinFor(subnet), cancel);
            }

            return new TerminaOutcome(hasLost, FreeBytes());
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private static bool IsNetwork(string text) =>
        IPNetwork.TryParse(text, out var network) && network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>Whether the file system had to go back to an older state of itself.</summary>
    private async Task<bool> MountAsync(string device, CancellationToken cancel)
    {
        if (Mounts.Read().Any(mount => mount.Target == StatefulTarget))
        {
            return false;
        }

        var mount = new MountSpec
        {
            Source = device,
            Target = StatefulTarget,
            Type = FileSystem,
            Options = Options,
            CreateTarget = true,
            MakeFileSystem = true,
        };
        if (await disks.RunAsync(mount, cancel) == Errno.None)
        {
            return false;
        }

        LogDamaged(device);
        var error = await disks.RunAsync(mount with { Options = AfterLoss, MakeFileSystem = false }, cancel);
        return error == Errno.None
            ? true
            : throw new VmToolsException(ErrorKind.Internal, $"The stateful disk {device} could not be mounted ({error}).");
    }

    private static long? FreeBytes()
    {
        try
        {
            return new DriveInfo(StatefulTarget).AvailableFreeSpace;
        }
        catch (IOException)
        {
            return null;
        }
    }

    [LoggerMessage(1321, LogLevel.Error, "{Device} could not be mounted as it is; an older state of it is tried")]
    private partial void LogDamaged(string device);
}

/// <summary>What came of it.</summary>
/// <param name="HasLost">What was written last on the stateful disk is lost.</param>
/// <param name="FreeBytes">How much is free there for users; null where the kernel does not say.</param>
internal readonly record struct TerminaOutcome(bool HasLost, long? FreeBytes);
