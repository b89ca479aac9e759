namespace VmTools.Virtio.Rings;

/// <summary>
/// What a ring tells the object that set it up. Calls come from inside ring operations: the owner takes note and acts on the next turn
/// of the loop.
/// </summary>
public interface IRingOwner
{
    /// <summary>The owner interrupts the guest: used buffers are there, and the driver wants to hear of them.</summary>
    void Call();

    /// <summary>The driver broke the ring's rules beyond repair; the ring does nothing more until it is started again.</summary>
    void Broken(string reason);

    /// <summary>The ring has given out all it may in one turn: call <see cref="SplitRing.Refill"/> next turn and drain again.</summary>
    void BudgetSpent();
}
