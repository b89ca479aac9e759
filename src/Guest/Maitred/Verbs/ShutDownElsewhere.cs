using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Verbs;

/// <summary>As an ordinary service maitred does not own the machine.</summary>
internal sealed class ShutDownElsewhere : IShutDown
{
    public Task RunAsync() => throw new VmToolsException(
        ErrorKind.FailedPrecondition, "maitred is not the first process of this VM and cannot shut it down.");
}
