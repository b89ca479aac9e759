using CsCheck;
using VmTools.Guest.CrashCollector;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector;

public sealed class CrashNoticeTests
{
    [Theory]
    [InlineData("123456:123456:11:1000:2000:1:123457:foobar", 123456, 123456, 11, 1000u, 2000u, 1, 123457, "foobar")]
    [InlineData("4321:7:6:0:0:2:4321:barfoo", 4321, 7, 6, 0u, 0u, 2, 4321, "barfoo")]
    [InlineData("1:1:4:4294967295:65534:0:1:!usr!bin!perl", 1, 1, 4, 4294967295u, 65534u, 0, 1, "/usr/bin/perl")]
    public void The_kernels_words_are_taken_apart(
        string text, int pid, int inner, int signal, uint uid, uint gid, int mode, int tid, string executable)
    {
        Assert.True(CrashNotice.TryParse(text, out var notice));

        Assert.Equal(
            new CrashNotice
            {
                Pid = pid,
                InnerPid = inner,
                Signal = signal,
                Uid = uid,
                Gid = gid,
                DumpMode = mode,
                Tid = tid,
                Executable = executable,
            },
            notice);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("exec:extra", "exec:extra")]
    [InlineData("a b\nc:1:2", "a b\nc:1:2")]
    [InlineData("--user=1:1:1:1:1:1:1:x", "--user=1:1:1:1:1:1:1:x")]
    public void The_executable_may_be_any_text(string name, string expected)
    {
        Assert.True(CrashNotice.TryParse($"5:5:11:0:0:1:5:{name}", out var notice));

        Assert.Equal(expected, notice.Executable);
    }

    [Theory]
    [InlineData("")]
    [InlineData("123456")]
    [InlineData("123456:11:1000")]
    [InlineData("123456:11:1000:2000")]
    [InlineData("5:5:11:0:0:1:5")]
    [InlineData("x:5:11:0:0:1:5:name")]
    [InlineData("5x:5:11:0:0:1:5:name")]
    [InlineData(" 5:5:11:0:0:1:5:name")]
    [InlineData("+5:5:11:0:0:1:5:name")]
    [InlineData("-5:5:11:0:0:1:5:name")]
    [InlineData("5:5::0:0:1:5:name")]
    [InlineData("0:5:11:0:0:1:5:name")]
    [InlineData("5:5:11:0:0:1:0:name")]
    [InlineData("5:5:999:0:0:1:5:name")]
    [InlineData("5:5:11:0:0:7:5:name")]
    [InlineData("4294967296:5:11:0:0:1:5:name")]
    [InlineData("3000000000:5:11:0:0:1:5:name")]
    [InlineData("٣:5:11:0:0:1:5:name")]
    public void Anything_else_is_no_crash(string text) => Assert.False(CrashNotice.TryParse(text, out _));

    [Fact]
    public void No_text_makes_it_fail() => Gen.String.Sample(text => CrashNotice.TryParse(text, out var notice) == (notice is not null));
}
