using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Mounting;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>Carries out the rows of the mount table.</summary>
internal static partial class Mounting
{
    /// <summary>Throws where a required row fails. What is mounted there already is left as it is.</summary>
    public static void Carry(MountStep step, ILogger? log)
    {
        try
        {
            DirectoryPath.Make(step.Target, FileModes.AllMayLook);
            Mounts.Mount(step.Source, step.Target, step.Type, step.Flags, step.Options);
        }
        catch (LinuxException failure) when (failure.Errno == Errno.EBUSY)
        {
            // The kernel mounts devtmpfs by itself where there is no initramfs.
        }
        catch (IOException failure) when (!step.IsRequired)
        {
            if (log is not null)
            {
                LogNotMounted(log, step.Target, failure.Message);
            }
        }
    }

    [LoggerMessage(1011, LogLevel.Warning, "{Target} was not mounted: {Reason}")]
    private static partial void LogNotMounted(ILogger log, string target, string reason);
}
