using System.Globalization;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Linux.Rights;

namespace VmTools.Host.Sandbox;

/// <summary>
/// The user and group id of one VMM, from a range that no other program gives out: neither useradd(8) nor systemd nor container tools
/// (systemd's page "Users, Groups, UIDs and GIDs"). While the VMM lives, in whichever instance and under whichever daemon, it holds the
/// lock of its id: it inherits the descriptor. So an id is free again when its last VMM has ended, and not before.
/// </summary>
internal sealed class VmmUser : IDisposable
{
    public const uint First = 1_900_000_000;
    public const uint Count = 4096;

    /// <summary>The directory of the locks, one for all instances of root.</summary>
    public const string Directory = "/run/vmtools-users";

    private VmmUser(uint id, FileLock held) => (Id, Lock) = (id, held);

    /// <summary>Whether we may give ids away: as root, and where the last of the range is one in our user name space.</summary>
    public static bool IsPossible => WhyNot is null;

    /// <summary>Why VMMs run under our own user id; null where each can have one of its own.</summary>
    public static string? WhyNot =>
        Users.EffectiveId != 0 ? "only root can give others away"
        : Capabilities.Permitted.HasFlag(Capability.SetUserId | Capability.SetGroupId)
            && Users.IsMapped(First) && Users.IsMapped(First + Count - 1) ? null
        : "root here may not give others away";

    public uint Id { get; }

    /// <summary>The lock of the id, whose descriptor is to be passed to the VMM.</summary>
    public FileLock Lock { get; }

    /// <summary>The first id that is free; null where all are taken.</summary>
    public static VmmUser? TryTake(string directory)
    {
        PrivateDirectory.Ensure(directory, FileModes.OwnerDoesAll);
        for (var id = First; id < First + Count; id++)
        {
            if (FileLock.TryTake(Path.Combine(directory, id.ToString(CultureInfo.InvariantCulture))) is { } held)
            {
                return new VmmUser(id, held);
            }
        }

        return null;
    }

    /// <summary>Closes our copy of the descriptor; the VMM's, if it has one, keeps the lock.</summary>
    public void Dispose() => Lock.Leave();
}
