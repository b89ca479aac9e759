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

    /// <summary>Told of each VM whose run has ended, also of one that was not known; once or more often.</summary>
    public Action<VmId> RunEnded { get; init; } = static _ => { };

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

    public void Started(KnownVm vm)
    {
        var hadAnotherRun = false;
        Change(vm.Id, () =>
        {
            hadAnotherRun = _vms.TryGetValue(vm.Id, out var known) && known.Cid != vm.Cid;
            _vms[vm.Id] = vm;
        });
        if (hadAnotherRun)
        {
            RunEnded(vm.Id);
        }
    }

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
        RunEnded(id);
        return wasKnown;
    }

    /// <summary>By owner and name.</summary>
    public IReadOnlyList<KnownVm> All
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _vms.Values.OrderBy(vm => vm.Id.Owner.Value, StringComparer.Ordinal)
                        .ThenBy(vm => vm.Id.Name.Value, StringComparer.Ordinal),
                ];
            }
        }
    }

    public KnownVm? Find(VmId id)
    {
        lock (_lock)
        {
            return _vms.GetValueOrDefault(id);
        }
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

    /// <summary>The list that was asked for; returns the VMs of which only it told.</summary>
    public IReadOnlyList<KnownVm> Replace(IReadOnlyCollection<KnownVm> list)
    {
        List<VmId> ended;
        List<KnownVm> fresh;
        lock (_lock)
        {
            var changed = _changedWhileReading ?? throw new InvalidOperationException("A list is told of before it is read.");
            fresh = [.. list.Where(vm => !changed.Contains(vm.Id) && _vms.GetValueOrDefault(vm.Id)?.Cid != vm.Cid)];
            ended = [.. _vms.Keys.Except(list.Select(vm => vm.Id).Except(fresh.Select(vm => vm.Id))).Except(changed)];
            ended.ForEach(id => _vms.Remove(id));
            fresh.ForEach(vm => _vms[vm.Id] = vm);
            _changedWhileReading = null;
        }

        ended.ForEach(RunEnded);
        return fresh;
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
    public VmType Type { get; init; }

    /// <summary>The VM goes down: what fails in it now fails because of that.</summary>
    public bool IsStopping { get; init; }
}
