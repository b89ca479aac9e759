using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.ProcessControl;

public sealed class SignalDispositionsTests
{
    [Fact]
    public void An_ignored_signal_is_not_delivered()
    {
        SignalDispositions.Ignore(Signal.Usr2);

        Assert.Equal(Errno.None, Processes.Signal(Environment.ProcessId, Signal.Usr2));

        var ignored = Convert.ToUInt64(
            File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[7..].Trim(), 16);
        Assert.NotEqual(0ul, ignored & (1ul << ((int)Signal.Usr2 - 1)));
    }
}
