using VmTools.Host.Bus;

namespace VmTools.Host.Concierge.Resources;

/// <summary>A daemon that serves VMs beside us: its program, its name on the bus, and what happens while it does not run.</summary>
internal sealed record Companion(string Program, string BusName, string Loss)
{
    public static readonly Companion LogForwarder = new("vmlog_forwarder", LogForwarderBus.Name, "guests keep their logs");

    public static readonly Companion Cicerone = new("vm_cicerone", CiceroneBus.Name, "guests keep their crash reports");
}
