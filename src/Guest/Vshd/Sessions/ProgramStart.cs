using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Protocol.Messages.Vsh;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>Starts the program a session asks for: the user's login shell, or a command line with no shell in between.</summary>
internal static partial class ProgramStart
{
    public const int NotExecutable = 126;
    public const int NotFound = 127;

    /// <summary>Null when it cannot be executed; then <paramref name="failure"/> tells why.</summary>
    public static ChildProcess? TrySpawn(
        SessionHost host, SetupConnectionRequest request, UserEntry user, ISessionStdio stdio, out Errno failure)
    {
        failure = Errno.None;
        var directories = WorkingDirectories.Candidates(user.Home, request.Cwd, request.CwdPid);
        foreach (var directory in directories)
        {
            try
            {
                return ChildProcess.Spawn(stdio.Attach(RequestFor(host, request, user) with { WorkingDirectory = directory }), host.Reaper);
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

    private static SpawnRequest RequestFor(SessionHost host, SetupConnectionRequest request, UserEntry user)
    {
        var shell = SessionEnvironment.ShellOf(user);
        var isLogin = request.Argv.Count == 0;
        var inherited = host.Policy.InheritEnvironment ? OwnEnvironment() : [];
        return new SpawnRequest(
            isLogin ? shell : request.Argv[0],
            isLogin ? ["-" + Path.GetFileName(shell)] : [.. request.Argv])
        {
            Environment = SessionEnvironment.Build(inherited, request.Env, user),
            RunAs = user.Uid == Users.EffectiveId ? null : new Credentials(user.Uid, user.Gid, Users.GroupsOf(user.Name, user.Gid)),
            SearchPath = true,
        };
    }

    private static IEnumerable<KeyValuePair<string, string>> OwnEnvironment()
    {
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            yield return new KeyValuePair<string, string>((string)variable.Key, (string?)variable.Value ?? "");
        }
    }

    [LoggerMessage(EventId = 1621, Level = LogLevel.Warning, Message = "{Reason}, beginning in {Directory}")]
    private static partial void LogRefused(ILogger log, string reason, string directory);
}
