using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>
/// Starts a program that outlives us: in a session of its own, with its standard error in a log file. The end of ours
/// neither signals it nor leaves it a zombie.
/// </summary>
internal static class Detached
{
    /// <summary>
    /// As much as a log may have when a program begins to write to it; of what it writes a daemon of ours sees to the limit itself.
    /// </summary>
    private const long MostLog = 1 << 20;

    /// <summary>The environment is the program's whole one.</summary>
    public static ChildProcess Start(
        IReadOnlyList<string> commandLine, string log, FdHandle? output, IReadOnlyDictionary<string, string> environment, Reaper reaper)
    {
        if (FileStatus.OfPath(log) is { Kind: FileKind.Regular, Size: > MostLog })
        {
            File.Move(log, log + ".1", overwrite: true);
        }

        using var errors = FdHandle.OpenOrMake(log, OpenFlags.WriteOnly | OpenFlags.Append);
        try
        {
            return ChildProcess.Spawn(
                new SpawnRequest(commandLine[0], commandLine)
                {
                    StandardOutput = output ?? errors,
                    StandardError = errors,
                    Environment = environment,
                    NewSession = true,
                    WorkingDirectory = "/",
                    SearchPath = true,
                },
                reaper);
        }
        catch (LinuxException missing) when (missing.Errno is Errno.ENOENT or Errno.EACCES)
        {
            throw new VmToolsException(
                ErrorKind.Unavailable, $"'{commandLine[0]}' cannot be started: {missing.Errno}. 'vmc doctor' says what is missing.",
                    missing);
        }
    }
}
