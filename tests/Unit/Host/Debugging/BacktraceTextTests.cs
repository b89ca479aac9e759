using CsCheck;
using VmTools.Host.Debugging;
using Xunit;

namespace VmTools.Unit.Host.Debugging;

/// <summary>What lldb prints, read as stacks; the text below is of lldb 14.</summary>
public sealed class BacktraceTextTests
{
    private const string Text = """
        Core file '/proc/self/fd/3' (x86_64) was loaded.
        (lldb) thread backtrace -c 128 all
        * @thread	1	2112
          * @frame	0	0x000055c9d2cfb165	inner	 + 12	t.c	4
            @frame	1	0x00007f5a5dd6424a	___lldb_unnamed_symbol3157	 + 122		
          @thread	2	2113
            @frame	0	0x00007f5a5de10df2	pause	 + 50		

        """;

    [Fact]
    public void Threads_have_their_frames_with_what_is_known_of_each()
    {
        var stacks = BacktraceText.Parse(Text);

        Assert.Equal([2112u, 2113u], stacks.Keys);
        Assert.Equal(
            [
                new StackFrame(0x55c9d2cfb165) { Function = "inner", FunctionOffset = 12, File = "t.c", Line = 4 },
                new StackFrame(0x7f5a5dd6424a) { FunctionOffset = 122 },
            ],
            stacks[2112]);
        Assert.Equal([new StackFrame(0x7f5a5de10df2) { Function = "pause", FunctionOffset = 50 }], stacks[2113]);
    }

    [Fact]
    public void A_name_that_steers_a_terminal_does_not() =>
        Assert.Equal("f#033[2J", BacktraceText.Parse("@thread\t1\t7\n@frame\t0\t0x1\tf\u001b[2J\t\t\t\n")[7][0].Function);

    [Fact]
    public void A_frame_before_any_thread_belongs_to_none() => Assert.Empty(BacktraceText.Parse("@frame\t0\t0x1\tf\t\t\t\n"));

    [Fact]
    public void Any_text_is_read_without_a_fault() =>
        Gen.String[Gen.Char["@threadfm\t\n0x1 +-*"], 0, 200]
            .Sample(text => BacktraceText.Parse("@thread\t1\t7\n@frame\t" + text) is not null, iter: 2000);
}
