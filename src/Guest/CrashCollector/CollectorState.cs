using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;

namespace VmTools.Guest.CrashCollector;

/// <summary>
/// What collectors keep while the VM runs. How often programs crashed is root's; the spool belongs to the user that collectors
/// become before they read a core.
/// </summary>
internal sealed class CollectorState
{
    public const string DefaultDirectory = "/run/crash_collector";

    private const string UserName = "crash";

    private CollectorState(string directory, Credentials user) => (Directory, User) = (directory, user);

    public string Directory { get; }

    public Credentials User { get; }

    /// <summary>Markers of the crashes that collectors work on (<see cref="InFlightMarker"/>).</summary>
    public string InFlight => Path.Combine(Directory, "in_flight");

    public string Spool => Path.Combine(Directory, "spool");

    public string SenderLock => Path.Combine(Spool, "sender.lock");

    public static CollectorState Prepare(string directory)
    {
        var user = ServiceUser.Find(UserName);
        var state = new CollectorState(directory, user);
        PrivateDirectory.EnsureFor(new Credentials(Users.EffectiveId, user.Gid, []), directory, FileModes.GroupMayPass);
        PrivateDirectory.Ensure(state.InFlight, FileModes.OwnerDoesAll);
        PrivateDirectory.EnsureFor(user, state.Spool, FileModes.OwnerDoesAll);
        return state;
    }
}
