using System.Buffers;
using System.Text;
using VmTools.Host.LogStore;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.LogStore;

/// <summary>What the kernels of a VM told of their faults, read back from the file of faults.</summary>
public sealed class KernelFaultsTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();

    private VmLogPaths Paths => new(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_vm_that_never_had_a_fault_has_none() => Assert.Empty(KernelFaults.Read(Paths));

    [Fact]
    public void Lines_of_one_moment_are_one_fault_and_later_ones_or_another_runs_are_others()
    {
        Write((0, 33, "Oops: 0002 [#1]"), (1, 33, "Call Trace:"), (20, 33, "BUG: soft lockup"), (21, 34, "Oops: 0003 [#1]"));

        Assert.Equal(["Oops: 0002 [#1]", "BUG: soft lockup", "Oops: 0003 [#1]"], KernelFaults.Read(Paths).Select(fault => fault.Words));
    }

    [Fact]
    public void A_panic_has_its_own_words_and_what_led_to_it()
    {
        Write((0, 33, "[    1.0] BUG: kernel NULL pointer dereference"), (1, 33, "RIP: 0010"), (
            2, 33, "Kernel panic - not syncing: Fatal exception"));

        var panic = KernelFaults.LastPanic([.. KernelFaults.Read(Paths)]);

        Assert.Equal(new KernelPanic(Time.AddSeconds(2), "Fatal exception", "BUG: kernel NULL pointer dereference"), panic);
    }

    [Fact]
    public void A_fault_that_the_kernel_went_on_from_is_no_panic()
    {
        Write((0, 33, "Oops: 0002 [#1]"));

        Assert.Null(KernelFaults.LastPanic([.. KernelFaults.Read(Paths)]));
    }

    [Fact]
    public void What_came_after_the_panic_did_not_lead_to_it()
    {
        Write((0, 33, "Kernel panic - not syncing: Attempted to kill init!"), (1, 33, "Oops: 0002 [#1]"), (60, 33, "BUG: soft lockup"));

        Assert.Null(KernelFaults.LastPanic([.. KernelFaults.Read(Paths)])!.Cause);
    }

    private void Write(params (int Seconds, uint Cid, string Text)[] lines)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var (seconds, cid, text) in lines)
        {
            new StoredLine(Time.AddSeconds(seconds), 5, cid, Encoding.UTF8.GetBytes(text)).WriteTo(output);
        }

        File.WriteAllBytes(Paths.Panics, output.WrittenSpan.ToArray());
    }
}
