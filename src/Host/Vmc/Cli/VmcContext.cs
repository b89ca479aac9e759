using VmTools.Host.Bus;
using VmTools.Host.Instance;

namespace VmTools.Host.Vmc.Cli;

/// <summary>What every verb works with: whose instance it is and where to read and write.</summary>
internal sealed record VmcContext(HostInstance Instance, VmcConsole Console)
{
    public TimeProvider Clock => Instance.Clock;

    /// <summary>The daemon, started if need be.</summary>
    public Task<ConciergeClient> ConnectAsync(CancellationToken cancel) =>
        ConciergeClient.ConnectAsync(Instance, Console.Say, cancel);
}
