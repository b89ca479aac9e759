using System.Buffers;
using System.Globalization;
using VmTools.Host.HostFacts;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// crosvm, for hosts with KVM. It is controlled as its own command line does it: by a second crosvm that talks to the first.
/// Its console goes to the host's system log, which has a limit; crosvm has no stream socket for it on all versions.
/// </summary>
internal sealed class CrosvmVmm(VmmChoice choice) : IVmmBackEnd
{
    private static readonly SearchValues<char> Meaningful = SearchValues.Create(",=[]\"'\\ ");

    public VmmChoice Choice => choice;

    public bool TakesFrames => false;

    /// <summary>It confines itself, each of its devices apart.</summary>
    public bool TakesDescriptors => false;

    public VmmCommand CommandFor(VmmConfiguration configuration)
    {
        List<string> arguments =
        [
            choice.Program,
            "--syslog-tag",
            string.Create(CultureInfo.InvariantCulture, $"VM({configuration.Cid.Value})"),
            "run",
            "--cpus",
            configuration.CpuCount.ToString(CultureInfo.InvariantCulture),
            "--mem",
            configuration.MemoryMiB.ToString(CultureInfo.InvariantCulture),
            "--socket",
            configuration.ControlSocket,
            "--vhost-user",
            $"vsock,socket={Quote(configuration.VsockSocket)}",
            "--serial",
            "type=syslog,hardware=serial,num=1,console=true",
            "--params",
            KernelCommandLine.For(configuration, Accelerator.Kvm),
            "--block",
            Block(new VmmDisk(configuration.RootDisk, !configuration.RootIsWritable)),
        ];

        // crosvm gives its disks no serial number on all versions, so a guest could not tell such a disk from one of the user's.
        foreach (var disk in configuration.Disks.Where(disk => disk.Serial is null))
        {
            arguments.AddRange(["--block", Block(disk)]);
        }

        if (configuration.Initramfs is { } initramfs)
        {
            arguments.AddRange(["-i", initramfs]);
        }

        return new VmmCommand(choice.Program, [.. arguments, configuration.Kernel]);
    }

    public Task<IVmmMonitor?> MonitorAsync(string eventSocket, CancellationToken cancel) => Task.FromResult<IVmmMonitor?>(null);

    public Task QuitAsync(string controlSocket, CancellationToken cancel) => TellAsync("stop", controlSocket, cancel);

    public Task PauseAsync(string controlSocket, CancellationToken cancel) => TellAsync("suspend", controlSocket, cancel);

    public Task ResumeAsync(string controlSocket, CancellationToken cancel) => TellAsync("resume", controlSocket, cancel);

    private async Task TellAsync(string verb, string controlSocket, CancellationToken cancel)
    {
        await using var reaper = Reaper.ForChildren();
        var teller = ChildProcess.Spawn(new SpawnRequest(choice.Program, [choice.Program, verb, controlSocket]), reaper);
        try
        {
            var status = await teller.Exited.WaitAsync(cancel);
            if (status.Code != 0)
            {
                throw new VmToolsException(ErrorKind.Unavailable, $"crosvm did not take the command '{verb}' ({status}).");
            }
        }
        catch (OperationCanceledException)
        {
            teller.Signal(Signal.Kill);
            throw;
        }
    }

    /// <summary>
    /// crosvm duplicates a descriptor that is named so instead of opening the file anew, and then locks what is locked for it.
    /// </summary>
    private static string Block(VmmDisk disk) => $"{Quote(disk.Locked ?? disk.Path)},ro={(disk.IsReadOnly ? "true" : "false")}";

    /// <summary>
    /// A value with a character that crosvm's lists give a meaning to stands in quotes, with backslashes before those inside.
    /// </summary>
    private static string Quote(string value) =>
        value.AsSpan().ContainsAny(Meaningful)
            ? $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            : value;
}
