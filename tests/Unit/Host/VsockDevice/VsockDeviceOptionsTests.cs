using VmTools.Host.VsockDevice;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice;

public sealed class VsockDeviceOptionsTests
{
    private static readonly string[] Needed = ["--socket=/run/vu", "--cid=3", "--vsock-dir=/run/vsock"];

    [Fact]
    public void The_three_needed_options_are_enough()
    {
        var options = VsockDeviceOptions.Parse(Needed, out _);

        Assert.Equal(new VsockDeviceOptions("/run/vu", 3, "/run/vsock"), options);
        Assert.Null(options!.LogFile);
    }

    [Theory]
    [InlineData("--log=stderr", null)]
    [InlineData("--log=/var/log/x", "/var/log/x")]
    public void The_log_goes_to_stderr_or_a_file(string option, string? file) =>
        Assert.Equal(file, VsockDeviceOptions.Parse([.. Needed, option], out _)!.LogFile);

    [Fact]
    public void Features_can_be_left_out_to_measure()
    {
        var options = VsockDeviceOptions.Parse([.. Needed, "--without=event-idx,indirect"], out _);

        Assert.Equal(VirtioFeatures.Version1, options!.Features);
    }

    [Theory]
    [InlineData("--cid=2")]
    [InlineData("--cid=4294967295")]
    [InlineData("--cid=4294967296")]
    [InlineData("--cid=-3")]
    [InlineData("--cid= 3")]
    [InlineData("--cid=")]
    [InlineData("--cid")]
    [InlineData("--socket=")]
    [InlineData("--vsock-dir=")]
    [InlineData("--without=speed")]
    [InlineData("--vm-log-dir=/x")]
    [InlineData("--unheard-of=1")]
    [InlineData("cid=3")]
    public void A_mistake_is_named_in_one_sentence(string option)
    {
        Assert.Null(VsockDeviceOptions.Parse([.. Needed, option], out var mistake));
        Assert.EndsWith(".", mistake);
    }

    [Theory]
    [InlineData(0, "--socket")]
    [InlineData(1, "--cid")]
    [InlineData(2, "--vsock-dir")]
    public void A_missing_option_is_named(int left, string name)
    {
        Assert.Null(VsockDeviceOptions.Parse([.. Needed.Where((_, i) => i != left)], out var mistake));
        Assert.StartsWith(name, mistake);
    }
}
