using System.Text.Json;
using VmTools.DBus;
using VmTools.Host.Bus;

namespace VmTools.Host.LogForwarder.Api;

/// <summary>vmlog_forwarder on the bus: one method that tells its counters.</summary>
internal sealed class ForwarderObject(ForwarderCounters counters, uint uid)
{
    public ServedObject Build() => new(
        LogForwarderBus.Path,
        [
            new ServedInterface(
                LogForwarderBus.Interface,
                [new ServedMethod("Status", "", "s", (_, _) => Task.FromResult(BusBody.Of(Text()))) { OutNames = ["counters"] }],
                []),
        ])
    {
        Admits = caller => uid == 0 || caller.Uid == uid || caller.Uid == 0,
    };

    private string Text() => JsonSerializer.Serialize(counters.Read(), ForwarderStatusJson.Default.ForwarderStatus);
}
