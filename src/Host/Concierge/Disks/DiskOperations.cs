using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// Which disks are being made or destroyed: a start and another such operation are kept away from them. The lock is never held across
/// a wait.
/// </summary>
internal sealed class DiskOperations
{
    private readonly Lock _lock = new();
    private readonly Dictionary<VmId, Operation> _running = [];
    private bool _closed;

    /// <summary>Whether any operation is under way.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_lock)
            {
                return _running.Count > 0;
            }
        }
    }

    /// <exception cref="DiskBusyException">An operation on that VM's disk is under way.</exception>
    public void ThrowIfBusy(VmId id)
    {
        lock (_lock)
        {
            if (_running.ContainsKey(id))
            {
                throw new DiskBusyException(id);
            }
        }
    }

    /// <summary>Keeps starts and other operations away from one VM's disk until the result is disposed.</summary>
    /// <exception cref="DiskBusyException">Another operation on it is under way.</exception>
    public IDisposable Begin(VmId id)
    {
        lock (_lock)
        {
            ThrowIfClosed();
            var operation = new Operation(this, id, isCreation: false);
            return _running.TryAdd(id, operation) ? operation : throw new DiskBusyException(id);
        }
    }

    /// <summary>The same for the disk's creation, which waits for another creation of it: both want it to be there.</summary>
    /// <exception cref="DiskBusyException">Its destruction is under way.</exception>
    public async Task<IDisposable> BeginCreationAsync(VmId id, CancellationToken cancel)
    {
        while (true)
        {
            Operation? other;
            lock (_lock)
            {
                ThrowIfClosed();
                var operation = new Operation(this, id, isCreation: true);
                if (_running.TryAdd(id, operation))
                {
                    return operation;
                }

                other = _running[id];
            }

            await (other.IsCreation ? other.Ended.WaitAsync(cancel) : throw new DiskBusyException(id));
        }
    }

    /// <summary>Refuses every further operation: vm_concierge ends.</summary>
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

    private void End(VmId id)
    {
        lock (_lock)
        {
            _running.Remove(id);
        }
    }

    private sealed class Operation(DiskOperations operations, VmId id, bool isCreation) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsCreation => isCreation;

        public Task Ended => _ended.Task;

        public void Dispose()
        {
            operations.End(id);
            _ended.TrySetResult();
        }
    }
}

/// <summary>
/// The disk of a VM is being created, destroyed or resized: a state for which the D-Bus answers have a status of their own.
/// </summary>
internal sealed class DiskBusyException(VmId id)
    : Exception($"An operation on the disk of VM '{id}' is under way. Wait for it and try again.");
