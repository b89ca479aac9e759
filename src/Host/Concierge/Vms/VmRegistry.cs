using VmTools.Host.Concierge.Disks;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// Which names are taken by VMs. A name whose disk is being made or destroyed cannot be claimed; the check and the claim are one step,
/// so an operation on a disk that has begun finds every VM that was claimed before it. The lock is never held across a wait.
/// </summary>
internal sealed class VmRegistry(DiskOperations disks)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<VmId, Vm> _vms = [];
    private bool _closed;

    public IReadOnlyList<Vm> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _vms.Values];
            }
        }
    }

    /// <summary>Whether there are VMs or operations on disks.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_lock)
            {
                return _vms.Count > 0 || disks.IsBusy;
            }
        }
    }

    public Vm? Find(VmId id)
    {
        lock (_lock)
        {
            return _vms.GetValueOrDefault(id);
        }
    }

    public IReadOnlyList<Vm> OfOwner(OwnerId owner) => [.. All.Where(vm => vm.Id.Owner == owner)];

    public IReadOnlyList<Vm> Named(VmName name) => [.. All.Where(vm => vm.Id.Name == name)];

    /// <summary>The VM that has the name: another one, or <paramref name="fresh"/>, which has it from now on until it is removed.</summary>
    /// <exception cref="DiskBusyException">An operation on the disk of that name is under way.</exception>
    /// <exception cref="VmToolsException">vm_concierge is ending.</exception>
    public Vm Claim(Vm fresh)
    {
        lock (_lock)
        {
            if (_vms.TryGetValue(fresh.Id, out var present))
            {
                return present;
            }

            if (_closed)
            {
                throw new VmToolsException(ErrorKind.Unavailable, "vm_concierge is ending. Try again in a moment.");
            }

            disks.ThrowIfBusy(fresh.Id);
            return _vms[fresh.Id] = fresh;
        }
    }

    /// <summary>Frees the name of a VM, unless another one has it already.</summary>
    public void Remove(Vm vm)
    {
        lock (_lock)
        {
            if (_vms.GetValueOrDefault(vm.Id) == vm)
            {
                _vms.Remove(vm.Id);
            }
        }
    }

    /// <summary>Refuses every further VM and every further operation on a disk: vm_concierge ends.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }

        disks.Close();
    }
}
