using VmTools.Linux;
using VmTools.Linux.Memory;
using VmTools.Linux.Sockets;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Memory;
using Xunit;

namespace VmTools.Unit.Virtio.Memory;

/// <summary>Memory tables that must not be mapped; each leaves no mapping behind.</summary>
[Collection(nameof(FdCounting))]
public sealed class RefusedMemoryTests : IDisposable
{
    private const ulong Page = GuestRam.PageSize;
    private readonly FdHandle _file = MemFd.Create("refused-ram", 4 * GuestRam.PageSize, sealShrink: true);

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(ulong.MaxValue - 10, Page, 0, 0)]
    [InlineData(0, Page, ulong.MaxValue - 10, 0)]
    [InlineData(0, Page, 0, ulong.MaxValue - 10)]
    [InlineData(0, ulong.MaxValue, 0, 0)]
    [InlineData(0, 1UL << 63, 0, 0)]
    public void A_region_that_is_empty_or_wraps_is_refused(ulong guest, ulong size, ulong user, ulong offset)
    {
        AssertRefused("wraps", (new MemoryRegion(guest, size, user, offset), _file));
    }

    [Theory]
    [InlineData(5 * Page, 0)]
    [InlineData(Page, 4 * Page)]
    [InlineData(4 * Page, 1)]
    public void A_file_shorter_than_its_region_is_refused(ulong size, ulong offset)
    {
        AssertRefused("no regular file", (new MemoryRegion(0, size, 0, offset), _file));
    }

    [Theory]
    [InlineData(0, 2 * Page)]
    [InlineData(Page, Page)]
    [InlineData(0, Page)]
    public void Overlapping_regions_are_refused(ulong guest, ulong size)
    {
        AssertRefused(
            "overlaps", (new MemoryRegion(0, 2 * Page, 0, 0), _file), (new MemoryRegion(guest, size, 8 * Page, 0), _file));
    }

    [Fact]
    public void A_directory_is_no_memory()
    {
        using var directory = FdHandle.Open("/tmp", OpenFlags.ReadOnly);

        AssertRefused("no regular file", (new MemoryRegion(0, Page, 0, 0), directory));
    }

    [Fact]
    public void A_socket_is_no_memory()
    {
        var (one, other) = UnixSocket.Pair();
        using (one)
        using (other)
        {
            AssertRefused("no regular file", (new MemoryRegion(0, Page, 0, 0), one));
        }
    }

    [Fact]
    public void A_file_that_may_not_be_written_is_refused()
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, new byte[2 * Page]);
        using var file = FdHandle.Open(path, OpenFlags.ReadOnly);
        File.Delete(path);

        AssertRefused("cannot be mapped: EACCES", (new MemoryRegion(0, Page, 0, 0), file));
    }

    [Fact]
    public void Too_few_and_too_many_files_are_refused()
    {
        var region = new MemoryRegion(0, Page, 0, 0);

        Assert.False(GuestMemory.TryMap([region], [], out _, out _));
        Assert.False(GuestMemory.TryMap([region], [_file, _file], out _, out _));
        Assert.False(GuestMemory.TryMap([], [], out _, out _));
    }

    [Fact]
    public void Nine_regions_are_refused()
    {
        var regions = Enumerable.Range(0, 9).Select(i => new MemoryRegion((ulong)i * Page, Page, (ulong)i * Page, 0)).ToArray();

        Assert.False(GuestMemory.TryMap(regions, [.. regions.Select(_ => _file)], out _, out var problem));
        Assert.Contains("1 to 8", problem);
    }

    [Fact]
    public void Nothing_stays_mapped_after_a_refusal_and_after_disposal()
    {
        using var ram = new GuestRam(pages: 4);
        var before = FdCounting.Mappings("guest-ram");

        Assert.False(GuestMemory.TryMap([.. ram.Regions, new MemoryRegion(0, 0, 0, 0)], [ram.File, ram.File], out _, out _));
        ram.Share().Dispose();

        Assert.Equal(before, FdCounting.Mappings("guest-ram"));
    }

    private static void AssertRefused(string reason, params (MemoryRegion Region, FdHandle File)[] table)
    {
        var mapped = GuestMemory.TryMap([.. table.Select(row => row.Region)], [.. table.Select(row => row.File)], out _, out var problem);

        Assert.False(mapped);
        Assert.Contains(reason, problem);
    }
}
