using VmTools.Host.Concierge.Disks;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Disks;

public sealed class DiskFormatterTests
{
    private const int Length = 16 * 1024 * 1024;

    [Fact]
    public async Task An_image_that_could_not_be_finished_is_blank_again()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/mkfs.ext4") || File.Exists("/sbin/mkfs.ext4"), "There is no mkfs.ext4 here.");
        await using var reaper = Reaper.ForChildren();
        using var scratch = new ScratchDirectory();
        var path = scratch.PathOf("disk.img");
        await File.WriteAllBytesAsync(path, new byte[Length], TestContext.Current.CancellationToken);
        var formatter = new DiskFormatter(new HostTools(reaper, TimeProvider.System));

        await Assert.ThrowsAsync<VmToolsException>(() =>
            formatter.FormatAsync(path, [], ["--no-such-option"], TestContext.Current.CancellationToken));

        using var image = FdHandle.Open(path, OpenFlags.ReadOnly);
        Assert.Null(DiskContent.FileSystemOf(image));
        Assert.Equal(new byte[Length], await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }
}
