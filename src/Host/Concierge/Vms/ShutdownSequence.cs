using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// Ends a VM, politely first: 1. the guest switches itself off, 2. the VMM is asked over its control socket, 3. SIGTERM,
/// 4. SIGKILL. Each step has a limit, and the end of the VMM ends the sequence at any of them.
/// </summary>
internal sealed partial class ShutdownSequence(IVmmLauncher vmms, IGuestConnector guests, TimeProvider clock, ILogger log)
{
    /// <summary>How long a VMM may take to end after each request.</summary>
    public static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);

    /// <summary>The same for a VMM whose guest has nothing to lose: its start failed, or nobody can reach it.</summary>
    public static readonly TimeSpan BriefLimit = TimeSpan.FromSeconds(2);

    /// <summary>VMM and device end together; the pidfds may tell it in either order.</summary>
    private static readonly TimeSpan SameEnd = TimeSpan.FromMilliseconds(300);

    /// <summary>False when the VMM outlives even SIGKILL.</summary>
    public async Task<bool> RunAsync(RunningVm vm)
    {
        var name = vm.Record.Name;
        if (await GuestSwitchesOffAsync(vm) && await EndsWithinAsync(vm.Vmm, ExitLimit))
        {
            return true;
        }

        LogForced(name);
        return await EndAsync(vm.Record, vm.Vmm, ExitLimit);
    }

    /// <summary>For a VMM whose guest is out of reach or not worth asking.</summary>
    public Task<bool> EndVmmAsync(RunningVm vm) => EndAsync(vm.Record, vm.Vmm, BriefLimit);

    /// <summary>Steps 2 to 4.</summary>
    public async Task<bool> EndAsync(VmRecord record, IHostProcess vmm, TimeSpan limit)
    {
        if (vmm.Ended.IsCompleted || (await TryQuitAsync(record, limit) && await EndsWithinAsync(vmm, limit)))
        {
            return true;
        }

        vmm.Signal(Signal.Term);
        if (await EndsWithinAsync(vmm, limit))
        {
            return true;
        }

        vmm.Signal(Signal.Kill);
        return await EndsWithinAsync(vmm, ExitLimit);
    }

    /// <summary>True when the VMM is what ended; false when it lives on without its device.</summary>
    public Task<bool> VmmFollowsDeviceAsync(RunningVm vm) => EndsWithinAsync(vm.Vmm, SameEnd);

    /// <summary>Gives the device the moment it takes to write down what the guest said last.</summary>
    public Task<bool> DeviceFollowsVmmAsync(RunningVm vm) => EndsWithinAsync(vm.Device, BriefLimit);

    /// <summary>For a VMM that is known by its control socket only; there may be none at all.</summary>
    public async Task AskToQuitAsync(VmRecord record) => await TryQuitAsync(record, BriefLimit);

    private async Task<bool> GuestSwitchesOffAsync(RunningVm vm)
    {
        if (vm.Vmm.Ended.IsCompleted)
        {
            return true;
        }

        await using var guest = guests.Connect(new Cid(vm.Record.Cid));
        using var noLonger = new CancellationTokenSource();
        var asked = guest.ShutdownAsync(noLonger.Token);
        await Task.WhenAny(asked, vm.Vmm.Ended);
        await noLonger.CancelAsync();
        try
        {
            await asked;
            return true;
        }
        catch (Exception refused) when (refused is VmToolsException or OperationCanceledException)
        {
            return vm.Vmm.Ended.IsCompleted;
        }
    }

    private async Task<bool> TryQuitAsync(VmRecord record, TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        try
        {
            await vmms.QuitAsync(record.BackEnd, record.ControlSocket, deadline.Token);
            return true;
        }
        catch (Exception refused) when (refused is VmToolsException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> EndsWithinAsync(IHostProcess process, TimeSpan limit)
    {
        try
        {
            await process.Ended.WaitAsync(limit, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [LoggerMessage(3020, LogLevel.Warning, "VM {Vm} does not switch itself off; its VMM is asked to end")]
    private partial void LogForced(string vm);
}
