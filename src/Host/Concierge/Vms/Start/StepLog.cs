using System.Globalization;
using Microsoft.Extensions.Logging;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>Tells the caller of StartVm each step of a start, and writes into the log how long each took.</summary>
internal sealed partial class StepLog(VmId vm, IVmEvents events, TimeProvider clock, ILogger log)
{
    private readonly long _begun = clock.GetTimestamp();
    private readonly List<string> _times = [];
    private string? _step;
    private long _since;

    public void Begin(string sentence)
    {
        Close();
        _step = sentence;
        _since = clock.GetTimestamp();
        events.StartStep(vm, sentence);
    }

    public void End()
    {
        Close();
        LogTimes(vm.Name.Value, (long)clock.GetElapsedTime(_begun).TotalMilliseconds, string.Join(", ", _times));
    }

    private void Close()
    {
        if (_step is not null)
        {
            _times.Add(string.Create(
                CultureInfo.InvariantCulture, $"{_step}: {clock.GetElapsedTime(_since).TotalMilliseconds:F0} ms"));
        }
    }

    [LoggerMessage(3030, LogLevel.Information, "VM {Vm}: started in {Milliseconds} ms ({Steps})")]
    private partial void LogTimes(string vm, long milliseconds, string steps);
}
