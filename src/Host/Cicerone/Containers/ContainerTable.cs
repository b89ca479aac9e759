using VmTools.Host.Instance;
using VmTools.Host.Vms;

namespace VmTools.Host.Cicerone.Containers;

/// <summary>
/// The containers of the VMs that run. A VM's word changes one of them; a list that was read replaces all of a VM, unless a word came while
/// it was on its way, as either may be the older.
/// </summary>
internal sealed class ContainerTable
{
    /// <summary>A VM that tells of more is not believed.</summary>
    public const int MostPerVm = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<VmId, VmContainers> _vms = [];

    /// <summary>Told after each change, perhaps by several threads at once; what is known then is to be asked for.</summary>
    public Action Changed { get; set; } = static () => { };

    /// <summary>The containers that have a secret, or are about to.</summary>
    public IReadOnlyList<(VmId Vm, KnownContainer Container)> WithSecrets()
    {
        lock (_lock)
        {
            return
            [
                .. _vms.SelectMany(vm => vm.Value.Known.Values
                    .Where(known => known.Digest is not null || known.PendingDigest is not null)
                    .Select(known => (vm.Key, known))),
            ];
        }
    }

    /// <summary>What a former vm_cicerone knew of a container; the VM's list will tell whether it runs.</summary>
    public void Restore(VmId vm, KnownContainer former) => Change(vm, former.Name, _ => former);

    /// <summary>Whether this is the secret of that container; the answer takes equally long for each kind of no.</summary>
    public bool Knows(VmId vm, ContainerName name, string token)
    {
        var digest = TokenDigest.Of(token);
        return (Find(vm, name) ?? new KnownContainer(name, ContainerState.Stopped)).Knows(digest);
    }

    /// <summary>Keeps whether garcon can be called. False for a container that has no secret by now, as one that has ended.</summary>
    public bool Register(VmId vm, ContainerName name, bool isRegistered)
    {
        var has = false;
        Change(vm, name, known =>
        {
            has = known.Digest is not null || known.PendingDigest is not null;
            return known with { IsRegistered = has && isRegistered };
        });
        return has;
    }

    public KnownContainer? Find(VmId vm, ContainerName name)
    {
        lock (_lock)
        {
            return _vms.GetValueOrDefault(vm)?.Known.GetValueOrDefault(name);
        }
    }

    /// <summary>The containers of an owner that run.</summary>
    public IReadOnlyList<(VmId Vm, KnownContainer Container)> RunningOf(OwnerId owner)
    {
        lock (_lock)
        {
            return
            [
                .. _vms.Where(vm => vm.Key.Owner == owner).OrderBy(vm => vm.Key.Name.Value, StringComparer.Ordinal)
                    .SelectMany(vm => vm.Value.Running.Select(container => (vm.Key, container))),
            ];
        }
    }

    /// <summary>The containers of a VM that run.</summary>
    public IReadOnlyList<KnownContainer> RunningOf(VmId vm)
    {
        lock (_lock)
        {
            return [.. _vms.GetValueOrDefault(vm)?.Running ?? []];
        }
    }

    /// <summary>The ports that the containers of a VM listen on, of all that are known; those that are not named have none.</summary>
    public void SetPorts(VmId vm, IReadOnlyDictionary<ContainerName, IReadOnlyList<ushort>> ports)
    {
        lock (_lock)
        {
            if (_vms.TryGetValue(vm, out var containers))
            {
                foreach (var name in containers.Known.Keys.ToList())
                {
                    containers.Known[name] = containers.Known[name] with { Ports = ports.GetValueOrDefault(name) ?? [] };
                }
            }
        }
    }

    /// <summary>The container is in this state now. False where the VM has too many already.</summary>
    public bool Set(VmId vm, ContainerName name, ContainerState state) => Change(vm, name, known => known.In(state));

    /// <summary>Keeps what the guest told of the system in the container.</summary>
    public bool Keep(VmId vm, ContainerName name, ContainerOs os) => Change(vm, name, known => known with { Os = os });

    /// <summary>Keeps a secret for the next start, in place of a former one. False where the VM has too many containers already.</summary>
    public bool Keep(VmId vm, ContainerName name, string token) => Change(vm, name, known => known.WithPending(token));

    /// <summary>A start is being asked for: what does not run yet is starting, with this secret.</summary>
    public bool BeginStart(VmId vm, ContainerName name, string token) => Change(vm, name, known =>
        (known.State == ContainerState.Running ? known : known.In(ContainerState.Starting)).WithPending(token));

    /// <summary>That start has been refused: nothing has changed, unless the VM has told of it meanwhile.</summary>
    public void FailStart(VmId vm, ContainerName name)
    {
        if (Find(vm, name) is { } known)
        {
            Set(vm, name, known.State == ContainerState.Starting ? ContainerState.Stopped : known.State);
        }
    }

    /// <summary>The container turns out to run already: the secret of the start that was asked for is not its own.</summary>
    public void FindRunning(VmId vm, ContainerName name) => Change(vm, name, known =>
        known.WithPending(null).In(ContainerState.Running));

    /// <summary>Keeps which shell belongs to a vsh, or forgets it where the shell is 0. False where the container has too many.</summary>
    public bool KeepShell(VmId vm, ContainerName name, int vsh, int shell)
    {
        var hasRoom = true;
        return Change(vm, name, known =>
        {
            hasRoom = shell == 0 || known.Shells.ContainsKey(vsh) || known.Shells.Count < KnownContainer.MostShells;
            var shells = shell == 0 ? known.Shells.Remove(vsh) : hasRoom ? known.Shells.SetItem(vsh, shell) : known.Shells;
            return known with { Shells = shells };
        }) && hasRoom;
    }

    public void Remove(VmId vm, ContainerName name)
    {
        lock (_lock)
        {
            if (_vms.TryGetValue(vm, out var containers))
            {
                containers.Known.Remove(name);
                containers.Changes++;
            }
        }

        Changed();
    }

    /// <summary>The VM has ended; returns its containers that ran.</summary>
    public IReadOnlyList<ContainerName> Forget(VmId vm)
    {
        IReadOnlyList<ContainerName> ran;
        lock (_lock)
        {
            ran = _vms.Remove(vm, out var containers) ? [.. containers.Running.Select(container => container.Name)] : [];
        }

        Changed();
        return ran;
    }

    /// <summary>To be asked for before a list is, and given back with it.</summary>
    public long ChangesOf(VmId vm)
    {
        lock (_lock)
        {
            return _vms.GetValueOrDefault(vm)?.Changes ?? 0;
        }
    }

    /// <summary>
    /// The list of a VM, asked for when it had so many changes. Null where it has had another since; else the containers of which only this
    /// list says that they run no longer.
    /// </summary>
    public IReadOnlyList<ContainerName>? TryReplace(VmId vm, long changes, IReadOnlyList<ListedContainer> list)
    {
        IReadOnlyList<ContainerName> ended;
        lock (_lock)
        {
            var containers = _vms.GetValueOrDefault(vm) ?? new VmContainers();
            if (containers.Changes != changes)
            {
                return null;
            }

            var ran = containers.Running.Select(container => container.Name).ToList();
            var known = list.Take(MostPerVm).DistinctBy(listed => listed.Name).ToDictionary(
                listed => listed.Name, listed => Merge(containers.Known.GetValueOrDefault(listed.Name), listed));
            _vms[vm] = new VmContainers { Known = known, Changes = changes + 1 };
            ended = [.. ran.Where(name => known.GetValueOrDefault(name)?.State is null or ContainerState.Stopped)];
        }

        Changed();
        return ended;
    }

    private static KnownContainer Merge(KnownContainer? known, ListedContainer listed)
    {
        var container = (known ?? new KnownContainer(listed.Name, listed.State)).In(listed.State) with { Ports = listed.Ports };
        return listed.Os.Length == 0 ? container : container with { Os = container.Os ?? new ContainerOs(listed.Os) };
    }

    private bool Change(VmId vm, ContainerName name, Func<KnownContainer, KnownContainer> change)
    {
        lock (_lock)
        {
            if (!_vms.TryGetValue(vm, out var containers))
            {
                containers = _vms[vm] = new VmContainers();
            }

            if (!containers.Known.TryGetValue(name, out var known) && containers.Known.Count >= MostPerVm)
            {
                return false;
            }

            containers.Known[name] = change(known ?? new KnownContainer(name, ContainerState.Stopped));
            containers.Changes++;
        }

        Changed();
        return true;
    }

    private sealed class VmContainers
    {
        public Dictionary<ContainerName, KnownContainer> Known { get; init; } = [];

        public long Changes { get; set; }

        public IEnumerable<KnownContainer> Running => Known.Values.Where(container => container.State == ContainerState.Running)
            .OrderBy(container => container.Name.Value, StringComparer.Ordinal);
    }
}
