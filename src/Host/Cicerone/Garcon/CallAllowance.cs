using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;

namespace VmTools.Host.Cicerone.Garcon;

/// <summary>
/// How often each container may still call, right or wrong: no more than one program inside does, so that guessing is as slow as working.
/// A VM that makes up containers has no more than its own share.
/// </summary>
internal sealed class CallAllowance(TimeProvider clock)
{
    /// <summary>What a container may call at once, and then in an hour.</summary>
    public const int Burst = 60;

    private const int PerHour = 3_600;
    private const int VmBurst = 600;
    private const int VmPerHour = 36_000;

    private readonly Each _containers = new(clock);
    private readonly VmAllowance _vms = new(VmBurst, VmPerHour, clock);

    /// <summary>What a container is refused does not count against its VM, and so not against the other containers.</summary>
    public bool TryTake(VmId vm, ContainerName name)
    {
        if (!_containers.TryTake((vm, name)))
        {
            return false;
        }

        if (!_vms.TryTake(vm))
        {
            _containers.GiveBack((vm, name));
            return false;
        }

        return true;
    }

    private sealed class Each(TimeProvider clock) : Allowance<(VmId Vm, ContainerName Name)>(Burst, PerHour, clock);
}
