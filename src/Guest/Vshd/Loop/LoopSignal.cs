using System.Runtime.CompilerServices;

namespace VmTools.Guest.Vshd.Loop;

/// <summary>
/// "Something happened, look again": one waiter, any number of raises, none lost. Only the loop's own thread may touch it,
/// and the waiter goes on within the raise's turn, so a session needs no lock and no other thread.
/// </summary>
internal sealed class LoopSignal(FdLoop loop) : INotifyCompletion
{
    private Action? _waiter;
    private bool _raised;

    public bool IsCompleted => false;

    public LoopSignal GetAwaiter() => this;

    /// <summary>Wakes the waiter in the next turn, or the next one to wait.</summary>
    public void Raise()
    {
        if (_raised)
        {
            return;
        }

        _raised = true;
        if (_waiter is not null)
        {
            loop.Schedule(this);
        }
    }

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation)
    {
        _waiter = continuation;
        if (_raised)
        {
            loop.Schedule(this);
        }
    }

    /// <summary>Called by the loop: the waiter runs until it waits again.</summary>
    internal void Resume()
    {
        var waiter = _waiter;
        _waiter = null;
        _raised = false;
        waiter?.Invoke();
    }
}
