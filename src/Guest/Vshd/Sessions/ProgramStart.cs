using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.Frames;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>Starts the program a session asks for: the user's login shell, or a command line with no shell in between.</summary>
internal static partial class ProgramStart
{
    public const int NotExecutable = 126;
    public const int NotFound = 127;

    private const int MaxZoneBytes = 256;

    /// <summary>Null when it cannot be executed; then <paramref name="failure"/> tells why.</summary>
    public static ChildProcess? TrySpawn(
        SessionHost host, SessionSpec spec, UserEntry user, ISessionStdio stdio, out Errno failure)
    {
        failure = Errno.None;
        var directories = WorkingDirectories.Candidates(user.Home, spec.WorkingDirectory, spec.BesideProcess);
        foreach (var directory in directories)
        {
            try
            {
                return ChildProcess.Spawn(stdio.Attach(RequestFor(host, spec, user) with { WorkingDirectory = directory }), host.Reaper);
            }
            catch (LinuxException refused)
            {
                // The kernel does not say which of the two it could not enter, the directory or the program.
                failure = refused.Errno;
                LogRefused(host.Log, refused.Message, directory);
            }
        }

        return null;
    }

    /// <summary>The codes shells use.</summary>
    public static int ExitCodeOf(Errno failure) => failure is Errno.ENOENT or Errno.ENOTDIR ? NotFound : NotExecutable;

    private static SpawnRequest RequestFor(SessionHost host, SessionSpec spec, UserEntry user)
    {
        var shell = SessionEnvironment.ShellOf(user);
        var isLogin = spec.Arguments.Count == 0;
        var zone = host.Policy.IsInContainer ? ZoneVariable() : [];
        var inherited = host.Policy.InheritEnvironment ? Processes.OwnEnvironment() : [];
        return new SpawnRequest(
            isLogin ? shell : spec.Arguments[0],
            isLogin ? ["-" + Path.GetFileName(shell)] : spec.Arguments)
        {
            Environment = SessionEnvironment.Build(inherited, [.. spec.Environment, .. zone], user),
            RunAs = user.Uid == Users.EffectiveId ? null : new Credentials(user.Uid, user.Gid, Users.GroupsOf(user.Name, user.Gid)),
            SearchPath = true,
        };
    }

    /// <summary>The host's zone where the container has no file of it; tremplin keeps it up to date.</summary>
    private static IEnumerable<KeyValuePair<string, string>> ZoneVariable()
    {
        try
        {
            return [new("TZ", Encoding.ASCII.GetString(SmallFile.Read(AgentPaths.ZoneInContainer, MaxZoneBytes)))];
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    [LoggerMessage(1541, LogLevel.Warning, "{Reason}, beginning in {Directory}")]
    private static partial void LogRefused(ILogger log, string reason, string directory);
}
