using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Vms;

/// <summary>
/// The VMs that run. A notice of vm_concierge changes one of them; a list that was read replaces all, except for the VMs of
/// which a notice came while the list was on its way, as either of the two may be the older.
/// </summary>
internal sealed class VmTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<VmId, KnownVm> _vms = [];
    private HashSet<VmId>? _changedWhileReading;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _vms.Count;
            }
        }
    }

    public void Started(KnownVm vm) => Change(vm.Id, () => _vms[vm.Id] = vm);

    /// <summary>False where it is not known.</summary>
    public bool Stopping(VmId id)
    {
        var isKnown = false;
        Change(id, () =>
        {
            if (_vms.TryGetValue(id, out var vm))
            {
                _vms[id] = vm with { IsStopping = true };
                isKnown = true;
            }
        });
        return isKnown;
    }

    /// <summary>False where it was not known.</summary>
    public bool Stopped(VmId id)
    {
        var wasKnown = false;
        Change(id, () => wasKnown = _vms.Remove(id));
        return wasKnown;
    }

    public KnownVm? Find(Cid cid)
    {
        lock (_lock)
        {
            return _vms.Values.FirstOrDefault(vm => vm.Cid == cid);
        }
    }

    /// <summary>A list is about to be asked for; one at a time.</summary>
    public void BeginReading()
    {
        lock (_lock)
        {
            _changedWhileReading = [];
        }
    }

    /// <summary>The list that was asked for.</summary>
    public void Replace(IReadOnlyCollection<KnownVm> list)
    {
        lock (_lock)
        {
            var changed = _changedWhileReading ?? throw new InvalidOperationException("A list is told of before it is read.");
            var gone = _vms.Keys.Except(list.Select(vm => vm.Id)).Except(changed).ToList();
            gone.ForEach(id => _vms.Remove(id));
            foreach (var vm in list.Where(vm => !changed.Contains(vm.Id)))
            {
                _vms[vm.Id] = _vms.TryGetValue(vm.Id, out var known) && known.Cid == vm.Cid ? known : vm;
            }

            _changedWhileReading = null;
        }
    }

    private void Change(VmId id, Action change)
    {
        lock (_lock)
        {
            _changedWhileReading?.Add(id);
            change();
        }
    }
}

/// <summary>A VM that runs, as vm_concierge told of it.</summary>
internal sealed record KnownVm(VmId Id, Cid Cid)
{
    /// <summary>The VM goes down: what fails in it now fails because of that.</summary>
    public bool IsStopping { get; init; }
}
