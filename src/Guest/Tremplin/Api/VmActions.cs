namespace VmTools.Guest.Tremplin.Api;

/// <summary>What the host asks of the VM around the containers.</summary>
/// <param name="NetworkChanged">The host is in another network.</param>
/// <param name="Describe">The text for bug reports.</param>
internal sealed record VmActions(Action NetworkChanged, Func<CancellationToken, Task<string>> Describe)
{
    /// <summary>Told the path of a file that nothing is made from after all; removes it if the host had sent it for that.</summary>
    public Action<string> Drop { get; init; } = static _ => { };
}
