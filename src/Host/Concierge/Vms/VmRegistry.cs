using VmTools.Host.Concierge.Disks;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// Which names are taken: by a VM, or by an operation on its disk. The one lock of the daemon guards the two tables and is
/// never held across a wait.
/// </summary>
internal sealed class VmRegistry
{
    private readonly Lock _lock = new();
    private readonly Dictionary<VmId, Vm> _vms = [];
    private readonly Dictionary<VmId, DiskOperation> _diskOperations = [];
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
                return _vms.Count + _diskOperations.Count > 0;
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

    /// <summary>The VM that has the name, or the new one, which has it from now on.</summary>
    public Vm Claim(VmId id, Func<Vm> create, out bool isNew)
    {
        lock (_lock)
        {
            isNew = false;
            if (_vms.TryGetValue(id, out var present))
            {
                return present;
            }

            ThrowIfClosed();
            if (_diskOperations.ContainsKey(id))
            {
                throw new DiskBusyException(id);
            }

            isNew = true;
            return _vms[id] = create();
        }
    }

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

    /// <summary>Keeps starts and other disk operations away from one VM's disk until the result is disposed.</summary>
    public IDisposable BeginDiskOperation(VmId id)
    {
        lock (_lock)
        {
            ThrowIfClosed();
            var operation = new DiskOperation(this, id, isCreation: false);
            return _diskOperations.TryAdd(id, operation) ? operation : throw new DiskBusyException(id);
        }
    }

    /// <summary>The same for the disk's creation, which waits for another creation of it: both want it to be there.</summary>
    public async Task<IDisposable> BeginDiskCreationAsync(VmId id, CancellationToken cancel)
    {
        while (true)
        {
            DiskOperation? other;
            lock (_lock)
            {
                ThrowIfClosed();
                var operation = new DiskOperation(this, id, isCreation: true);
                if (_diskOperations.TryAdd(id, operation))
                {
                    return operation;
                }

                other = _diskOperations[id];
            }

            await (other.IsCreation ? other.Ended.WaitAsync(cancel) : throw new DiskBusyException(id));
        }
    }

    /// <summary>No new VM and no new disk operation: the daemon ends.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed)
        {
            throw new VmToolsException(ErrorKind.Unavailable, "vm_concierge is ending. Try again in a moment.");
        }
    }

    private void EndDiskOperation(VmId id)
    {
        lock (_lock)
        {
            _diskOperations.Remove(id);
        }
    }

    private sealed class DiskOperation(VmRegistry registry, VmId id, bool isCreation) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsCreation => isCreation;

        public Task Ended => _ended.Task;

        public void Dispose()
        {
            registry.EndDiskOperation(id);
            _ended.TrySetResult();
        }
    }
}
