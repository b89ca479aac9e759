namespace VmTools.Guest.Tremplin.Api;

/// <summary>What the host asks of the VM around the containers.</summary>
/// <param name="NetworkChanged">The host is in another network.</param>
/// <param name="Describe">The text for bug reports.</param>
internal sealed record VmActions(Action NetworkChanged, Func<CancellationToken, Task<string>> Describe);
