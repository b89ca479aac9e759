using Microsoft.Extensions.Logging;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>Names the steps of a start for the one who waits, and keeps their times for the one who asks why it was slow.</summary>
internal sealed partial class StepLog(VmId vm, IVmStart start, TimeProvider clock, ILogger log)
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
        start.Step(sentence);
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
            _times.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_step}: {clock.GetElapsedTime(_since).TotalMilliseconds:F0} ms"));
        }
    }

    [LoggerMessage(3030, LogLevel.Information, "VM {Vm}: started in {Milliseconds} ms ({Steps})")]
    private partial void LogTimes(string vm, long milliseconds, string steps);
}
