using VmTools.Linux;
using VmTools.Linux.Memory;
using Xunit;

namespace VmTools.Unit.Linux.Memory;

public sealed class MemoryTests
{
    private const int Page = 4096;

    [Fact]
    public unsafe void Two_mappings_of_one_memfd_show_each_others_bytes()
    {
        using var memory = MemFd.Create("test", 2 * Page, sealShrink: true);
        using var whole = MemoryMapping.Map(memory, 0, 2 * Page);
        using var second = MemoryMapping.Map(memory, Page, Page);

        // SAFETY: both mappings are alive and the offsets lie inside of them.
        ((byte*)whole.Address)[Page + 5] = 42;

        Assert.Equal(42, ((byte*)second.Address)[5]);
        Assert.Equal(2 * Page, Fd.SizeOf(memory));
    }

    [Fact]
    public void A_sealed_memfd_cannot_shrink()
    {
        using var memory = MemFd.Create("test", Page, sealShrink: true);

        Assert.Equal(SealFlags.Shrink, MemFd.SealsOf(memory));
        Assert.Equal(-1, VmTools.Linux.Libc.Native.Truncate(memory, 1));
        Assert.Equal(Errno.EPERM, Syscall.LastError);
    }

    [Fact]
    public void A_mapping_stays_out_of_core_dumps_and_children()
    {
        using var memory = MemFd.Create("test", Page, sealShrink: false);
        using var mapping = MemoryMapping.Map(memory, 0, Page);

        var smaps = File.ReadAllLines("/proc/self/smaps");
        var start = Array.FindIndex(smaps, line => line.StartsWith($"{mapping.Address:x}-", StringComparison.Ordinal));
        var flags = smaps.Skip(start).First(line => line.StartsWith("VmFlags:", StringComparison.Ordinal));

        Assert.Contains(" dd ", flags);
        Assert.Contains(" dc ", flags);
        Assert.Contains(" nr ", flags);
    }

    [Fact]
    public void Disposing_unmaps_once_and_clears_the_address()
    {
        using var memory = MemFd.Create("test", Page, sealShrink: false);
        var mapping = MemoryMapping.Map(memory, 0, Page);

        mapping.Dispose();
        mapping.Dispose();

        Assert.Equal(0, mapping.Address);
    }

    [Fact]
    public void A_mapping_at_an_odd_offset_or_of_no_length_is_refused()
    {
        using var memory = MemFd.Create("test", Page, sealShrink: false);

        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => MemoryMapping.Map(memory, 1, Page)).Errno);
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryMapping.Map(memory, 0, 0));
    }
}
