namespace VmTools.Virtio.VhostUser;

/// <summary>Hears what happens on a ring without taking part in it.</summary>
internal interface IVringWitness
{
    void RingKicked();

    void RingBroken(int queue, string reason);
}
