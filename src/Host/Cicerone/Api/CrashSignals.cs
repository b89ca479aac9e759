using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.CrashStore;

namespace VmTools.Host.Cicerone.Api;

/// <summary>Tells the bus of stored reports.</summary>
internal sealed class CrashSignals(BusConnection bus)
{
    public void Send(StoredReport report) => bus.EmitSignal(
        CiceroneBus.Path, CiceroneBus.OwnInterface, CiceroneBus.CrashReportedSignal,
        new BusBody().Add(report.Vm.Owner.Value).Add(report.Vm.Name.Value).Add(report.Id.Value)
            .Add(report.Metadata.Executable).Add(report.Metadata.Sentence));
}
