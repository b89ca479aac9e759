using VmTools.Linux.Accounts;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Vshd.HandOver;

/// <summary>
/// Who may hand connections over: root of the VM around the container. SO_PEERCRED tells uid and pid as the container's name spaces have
/// them. Every user outside is the overflow uid in a user name space that does not map it, but so is a user of that number inside; what no
/// process inside can have is the pid 0, which stands for one of another pid name space.
/// </summary>
internal sealed record VmRoot(uint Uid, int Pid)
{
    private const uint Root = 0;
    private const int OtherNameSpace = 0;

    public static VmRoot SeenFromContainer() => new(Users.SeenFromHere(Root), OtherNameSpace);

    public bool Is(PeerCredentials peer) => peer.Uid == Uid && peer.Pid == Pid;
}
