using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.LogStore;
using VmTools.Host.VsockDevice.Console;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice.Console;

/// <summary>The words are those of real kernels.</summary>
public sealed class FaultDetectorTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly FaultDetector _detector;

    public FaultDetectorTests() => _detector = new FaultDetector(_clock);

    [Theory]
    [InlineData("[    3.141592] Kernel panic - not syncing: sysrq triggered crash")]
    [InlineData("<0>[    3.141592] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009")]
    [InlineData("[    3.141592][   T71] BUG: kernel NULL pointer dereference, address: 0000000000000000")]
    [InlineData("[    3.141592] Oops: 0002 [#1] PREEMPT SMP NOPTI")]
    [InlineData("[    3.141592] Oops: general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1]")]
    [InlineData("[    3.141592] general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1]")]
    [InlineData("[    3.141592] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008")]
    [InlineData("[    3.141592] Internal error: Oops: 0000000096000005 [#1] SMP")]
    [InlineData("[   48.141592] watchdog: BUG: soft lockup - CPU#0 stuck for 23s! [stress:411]")]
    [InlineData("[    3.141592] kernel BUG at fs/ext4/inode.c:2753!")]
    [InlineData("BUG: unable to handle page fault for address: ffffa2c1")]
    public void A_kernels_first_words_about_a_fault_are_known(string line) => Assert.NotEqual(FaultPart.None, Find(line));

    [Theory]
    [InlineData("login: Kernel panic - not syncing")]
    [InlineData("[    3.141592] systemd[1]: a unit said Oops: 1")]
    [InlineData("[FAILED] Oops: of a program")]
    [InlineData("[    3.141592] ---[ end trace 0000000000000000 ]---")]
    [InlineData("[")]
    [InlineData("<")]
    [InlineData("")]
    public void Other_lines_are_not_taken_for_them(string line) => Assert.Equal(FaultPart.None, Find(line));

    [Fact]
    public void A_record_ends_with_its_last_line_and_a_panic_after_an_oops_begins_another()
    {
        string[] lines =
        [
            "[    1.0] BUG: kernel NULL pointer dereference, address: 0000000000000000", "[    1.0] Oops: 0002 [#1] PREEMPT SMP NOPTI",
            "[    1.0] Call Trace:", "[    1.0]  <TASK>", "[    1.0] ---[ end trace 0000000000000000 ]---", "[    1.1] RIP: 0010:x",
            "[    1.1] Kernel panic - not syncing: Fatal exception", "[    1.1] Kernel Offset: 0x1a000000",
            "[    1.1] ---[ end Kernel panic - not syncing: Fatal exception ]---", "login:",
        ];

        Assert.Equal(
            [
                FaultPart.First, FaultPart.First, FaultPart.Further, FaultPart.Further, FaultPart.Further, FaultPart.None,
                FaultPart.PanicsFirst, FaultPart.Further, FaultPart.Further, FaultPart.None,
            ],
            lines.Select(Find));
    }

    [Fact]
    public void A_record_without_an_end_is_bounded()
    {
        Find("Oops: 1");

        Assert.Equal(FaultDetector.MaxLines - 1, Enumerable.Range(0, 1000).Count(_ => Find("on and on") == FaultPart.Further));
    }

    [Fact]
    public void A_record_ends_when_nothing_follows_for_a_while()
    {
        Find("Oops: 1");
        _clock.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(FaultPart.None, Find("login: "));
    }

    [Fact]
    public void The_panics_own_words_are_what_follows_the_colon()
    {
        Assert.Equal("No working init found.", Reason("[    1.0] Kernel panic - not syncing: No working init found."));
        Assert.Equal("", Reason("[    1.0] Kernel panic - not syncing"));
        Assert.Equal("", Reason("[    1.0] Oops: 1"));
    }

    private FaultPart Find(string line) => _detector.Find(Encoding.UTF8.GetBytes(line));

    private static string Reason(string line) => Encoding.UTF8.GetString(KernelFaultLine.PanicReason(Encoding.UTF8.GetBytes(line)));
}
