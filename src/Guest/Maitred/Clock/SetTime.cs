using VmTools.Linux;
using VmTools.Linux.MachineFacts;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Clock;

/// <summary>Sets the VM's clock, which stood still while the VM was paused.</summary>
internal static class SetTime
{
    /// <exception cref="VmToolsException">The time is the epoch, which no host means, or the kernel does not take it.</exception>
    public static void Run(DateTimeOffset time)
    {
        if (time == DateTimeOffset.UnixEpoch)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, "ignored attempt to set time to the epoch");
        }

        try
        {
            Machine.SetTime(time);
        }
        catch (LinuxException failure)
        {
            throw new VmToolsException(ErrorKind.Internal, $"The clock could not be set: {failure.Message}.", failure);
        }
    }
}
