using VmTools.Protocol;

namespace VmTools.Host.Concierge.GuestAgent;

/// <summary>Opens the conversation with a guest's agent: the edge to what runs inside.</summary>
internal interface IGuestConnector
{
    /// <summary>Costs nothing until the first call.</summary>
    IGuest Connect(Cid cid);

    /// <summary>Whether the guest's kernel answers; no program in it is woken. Waits for as long as it is silent.</summary>
    Task<bool> AnswersAsync(Cid cid, CancellationToken cancel);

    /// <summary>Returns once the guest's container host takes calls. Waits for as long as it does not.</summary>
    Task ContainersServedAsync(Cid cid, CancellationToken cancel);

    /// <summary>Has a shell in the guest tell its kernel to write the disks, mount them read-only and switch off.</summary>
    Task SwitchOffByKernelAsync(Cid cid, CancellationToken cancel);
}
