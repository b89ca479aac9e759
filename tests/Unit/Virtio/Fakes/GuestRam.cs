using VmTools.Linux;
using VmTools.Linux.Memory;
using VmTools.Virtio.Memory;
using Xunit;

namespace VmTools.Unit.Virtio.Fakes;

/// <summary>
/// The memory of a pretended guest: one memfd, mapped here as the guest sees it and shared with the device as a memory table. Guest
/// and front-end addresses differ, as under QEMU.
/// </summary>
internal sealed unsafe class GuestRam : IDisposable
{
    public const ulong GuestBase = 0x4000_0000;
    public const ulong UserBase = 0x7F12_3400_0000;
    public const int PageSize = 4096;

    private readonly MemoryMapping _own;

    public GuestRam(int pages = 64, bool sealShrink = true)
    {
        Length = pages * PageSize;
        File = MemFd.Create("guest-ram", Length, sealShrink);
        _own = MemoryMapping.Map(File, 0, Length);
        Regions = [new MemoryRegion(GuestBase, (ulong)Length, UserBase, 0)];
    }

    public int Length { get; }

    public FdHandle File { get; }

    public MemoryRegion[] Regions { get; set; }

    public static ulong UserOf(ulong guest) => guest - GuestBase + UserBase;

    public GuestMemory Share()
    {
        var files = Regions.Select(_ => File).ToArray();
        Assert.True(GuestMemory.TryMap(Regions, files, out var memory, out var problem), problem);
        return memory;
    }

    /// <summary>The guest's own view of a piece of its memory.</summary>
    public Span<byte> At(ulong guest, int length)
    {
        var offset = checked((int)(guest - GuestBase));
        Assert.InRange(offset + length, 0, Length);
        return new Span<byte>((void*)(_own.Address + offset), length);
    }

    public ref ushort Short(ulong guest) => ref *(ushort*)(_own.Address + checked((int)(guest - GuestBase)));

    public void Dispose()
    {
        _own.Dispose();
        File.Dispose();
    }
}
