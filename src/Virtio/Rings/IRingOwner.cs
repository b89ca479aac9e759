namespace VmTools.Virtio.Rings;

/// <summary>What a ring asks of whoever set it up. Called from inside ring operations: take note and act on the next loop turn.</summary>
public interface IRingOwner
{
    /// <summary>Interrupt the guest: used buffers are there and its suppression says so.</summary>
    void Call();

    /// <summary>The driver broke the ring's rules beyond repair; the ring does nothing more until it is started again.</summary>
    void Broken(string reason);

    /// <summary>The ring has given out all it may in one turn: call <see cref="SplitRing.Refill"/> next turn and drain again.</summary>
    void BudgetSpent();
}
