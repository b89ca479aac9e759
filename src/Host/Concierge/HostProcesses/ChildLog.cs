using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.HostProcesses;

/// <summary>The log file of a process that vm_concierge starts.</summary>
internal static class ChildLog
{
    public static FdHandle Open(string path)
    {
        try
        {
            return FdHandle.Open(
                path,
                OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append | OpenFlags.NoFollow | OpenFlags.NonBlocking,
                FileModes.GroupMayRead);
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"The log {path} cannot be opened ({refused.Errno}). Make room there and try again.",
                refused);
        }
    }
}
