using VmTools.Linux.Libc;

namespace VmTools.Linux.Memory;

/// <summary>
/// A piece of a file in our address space, shared with every process that maps it (mmap(2)). It reserves no swap, is left out of
/// core dumps and out of children: it may be all the memory of a guest. Code that keeps the address keeps the mapping.
/// </summary>
public sealed class MemoryMapping : IDisposable
{
    private nint _address;

    private MemoryMapping(nint address, long length) => (_address, Length) = (address, length);

    /// <summary>The first byte; zero once disposed.</summary>
    public nint Address => _address;

    public long Length { get; }

    /// <summary>Maps <paramref name="length"/> bytes from <paramref name="offset"/>, a multiple of the page size.</summary>
    public static MemoryMapping Map(FdHandle fd, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        var address = Native.MemoryMap(
            0, (nuint)length, Native.ProtectionRead | Native.ProtectionWrite, Native.MapShared | Native.MapNoReserve, fd, offset);
        if (address == Native.MapFailed)
        {
            throw new LinuxException(Syscall.LastError, "mmap");
        }

        // Advice only: a kernel that does not take it dumps or copies more than it need, nothing worse.
        _ = Native.MemoryAdvise(address, (nuint)length, Native.AdviseDontDump);
        _ = Native.MemoryAdvise(address, (nuint)length, Native.AdviseDontFork);
        return new MemoryMapping(address, length);
    }

    public void Dispose()
    {
        var address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
        {
            _ = Native.MemoryUnmap(address, (nuint)Length);
        }
    }
}
