using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Verbs;

/// <summary>Sets the VM's clock, which stood still while the VM was paused.</summary>
internal static class SetTime
{
    public static void Run(long seconds, int nanoseconds)
    {
        if (seconds == 0)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, "ignored attempt to set time to the epoch");
        }

        try
        {
            Machine.SetTime(DateTimeOffset.UnixEpoch.AddSeconds(seconds).AddTicks(nanoseconds / 100));
        }
        catch (ArgumentOutOfRangeException unknown)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, "The time is not within the years 1 to 9999.", unknown);
        }
        catch (LinuxException failure)
        {
            throw new VmToolsException(ErrorKind.Internal, $"The clock could not be set: {failure.Message}.", failure);
        }
    }
}
