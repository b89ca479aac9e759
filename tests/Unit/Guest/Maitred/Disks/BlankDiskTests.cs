using VmTools.Guest.Maitred.Disks;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Disks;

public sealed class BlankDiskTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Disk => _scratch.PathOf("disk");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_disk_is_blank_as_long_as_nothing_was_written()
    {
        using (var file = File.Create(Disk))
        {
            file.SetLength(1024 * 1024);
        }

        Assert.True(BlankDisk.IsBlank(Disk));

        using (var file = File.OpenWrite(Disk))
        {
            file.Position = 65536 + 64;
            file.Write("_BHRfS_M"u8);
        }

        Assert.False(BlankDisk.IsBlank(Disk));
    }

    [Theory]
    [InlineData(128 << 10)]
    [InlineData((1 << 20) - 1)]
    public void A_disk_with_data_behind_its_first_sectors_is_not_blank(int offset)
    {
        using (var file = File.Create(Disk))
        {
            file.SetLength(1024 * 1024);
            file.Position = offset;
            file.WriteByte(1);
        }

        Assert.False(BlankDisk.IsBlank(Disk));
    }

    [Fact]
    public void What_is_no_disk_is_not_blank()
    {
        File.WriteAllText(_scratch.PathOf("small"), "");

        Assert.False(BlankDisk.IsBlank(_scratch.PathOf("small")));
        Assert.False(BlankDisk.IsBlank("/no/such/disk"));
    }
}
