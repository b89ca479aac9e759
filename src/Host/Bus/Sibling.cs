using VmTools.Host.Instance;

namespace VmTools.Host.Bus;

/// <summary>
/// A daemon that serves VMs beside vm_concierge: its program, its name on the bus, and what happens while it does not run.
/// </summary>
internal sealed record Sibling(string Program, string BusName, string Loss)
{
    public static readonly Sibling LogForwarder = new(LogForwarderBus.Program, LogForwarderBus.Name, "guests keep their logs");

    public static readonly Sibling Cicerone = new(CiceroneBus.Program, CiceroneBus.Name, "guests keep their crash reports");

    public static readonly IReadOnlyList<Sibling> All = [LogForwarder, Cicerone];

    /// <summary>The one that serves the state directory, or has served it last.</summary>
    public DaemonRecord? TryFind(string state) => DaemonRecord.TryRead(state, Program);

    /// <summary>Ends those that serve the state directory, or those of them that are meant.</summary>
    public static async Task EndAllAsync(string state, TimeProvider clock, Func<DaemonRecord, bool>? which = null)
    {
        foreach (var sibling in All)
        {
            if (sibling.TryFind(state) is { } record && which?.Invoke(record) != false)
            {
                await DaemonEnd.RunAsync(record, clock, CancellationToken.None);
            }
        }
    }
}
