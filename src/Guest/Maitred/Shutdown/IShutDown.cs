using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Shutdown;

/// <summary>What the host's Shutdown call does: ends the VM where maitred is its first process, and is refused elsewhere.</summary>
internal interface IShutDown
{
    /// <summary>Completes once all programs have ended. It cannot be cancelled: a VM that is half shut down is of no use.</summary>
    Task RunAsync();
}

/// <summary>The answer of a maitred that is an ordinary service: another init owns the machine.</summary>
internal sealed class ShutDownElsewhere : IShutDown
{
    public Task RunAsync() => throw new VmToolsException(
        ErrorKind.FailedPrecondition, "maitred is not the first process of this VM and cannot shut it down.");
}
