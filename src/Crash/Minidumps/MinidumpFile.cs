using System.Buffers.Binary;

namespace VmTools.Crash.Minidumps;

/// <summary>
/// A minidump read from bytes of a stranger. What is damaged is left out; only a file that is no minidump at all, or of no
/// machine that is known here, is refused. Nothing is copied but names.
/// </summary>
public sealed class MinidumpFile
{
    /// <summary>More than any process here has; a file that claims more is cut there.</summary>
    public const int MaxThreads = 4096;
    public const int MaxModules = 4096;
    public const int MaxMemories = 65536;

    private const int MaxBuildId = 64;

    private readonly MinidumpBytes _bytes;

    private MinidumpFile(MinidumpBytes bytes, MinidumpSystem system)
    {
        (_bytes, SystemInfo) = (bytes, system);
        Exception = ReadException();
        Pid = ReadPid();
        Memory = ReadMemories();
        Modules = ReadModules();
        Threads = new MinidumpThreads(bytes, system.Architecture).Read();
    }

    public MinidumpSystem SystemInfo { get; }

    /// <summary>Null when the process was alive when the minidump was made.</summary>
    public MinidumpCrash? Exception { get; }

    /// <summary>0 when unknown.</summary>
    public uint Pid { get; }

    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeSeconds(_bytes.TimeStamp);

    public IReadOnlyList<MinidumpThread> Threads { get; }

    public MinidumpThread? CrashedThread => Exception is null ? null : Threads.FirstOrDefault(thread => thread.Id == Exception.Thread);

    public IReadOnlyList<MinidumpModule> Modules { get; }

    /// <summary>By address.</summary>
    public IReadOnlyList<MinidumpMemory> Memory { get; }

    public ReadOnlyMemory<byte> LinuxMaps => _bytes.Stream(MinidumpStreamType.LinuxMaps);

    public ReadOnlyMemory<byte> LinuxStatus => _bytes.Stream(MinidumpStreamType.LinuxProcStatus);

    public ReadOnlyMemory<byte> LinuxCommandLine => _bytes.Stream(MinidumpStreamType.LinuxCmdLine);

    public ReadOnlyMemory<byte> LinuxEnviron => _bytes.Stream(MinidumpStreamType.LinuxEnviron);

    public ReadOnlyMemory<byte> LinuxAuxv => _bytes.Stream(MinidumpStreamType.LinuxAuxv);

    public ReadOnlyMemory<byte> LinuxCpuInfo => _bytes.Stream(MinidumpStreamType.LinuxCpuInfo);

    public ReadOnlyMemory<byte> LinuxOsRelease => _bytes.Stream(MinidumpStreamType.LinuxLsbRelease);

    public static bool TryRead(ReadOnlyMemory<byte> bytes, out MinidumpFile? dump, out string problem)
    {
        dump = null;
        var reader = new MinidumpBytes(bytes);
        if (!reader.TryReadDirectory(out problem))
        {
            return false;
        }

        var system = reader.Stream(MinidumpStreamType.SystemInfo).Span;
        if (system.Length < MinidumpFormat.SystemInfoSize)
        {
            problem = "The minidump does not say of what machine it is.";
            return false;
        }

        dump = new MinidumpFile(reader, new MinidumpSystem(
            (ProcessorArchitecture)BinaryPrimitives.ReadUInt16LittleEndian(system),
            BinaryPrimitives.ReadUInt32LittleEndian(system[20..]) == MinidumpFormat.PlatformLinux,
            system[6],
            reader.String(BinaryPrimitives.ReadUInt32LittleEndian(system[24..]))));
        return true;
    }

    /// <summary>The innermost one: the kernel may put its library into a gap between the pieces of another one.</summary>
    public MinidumpModule? ModuleOf(ulong address) => Modules.Where(module => module.Contains(address)).MaxBy(module => module.Start);

    /// <summary>Fills the whole span, or nothing; memory that lies in two pieces is read from both.</summary>
    public bool TryReadMemory(ulong address, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            if (PieceOf(address) is not { } piece)
            {
                return false;
            }

            var from = piece.Bytes.Span[(int)(address - piece.Start)..];
            var count = Math.Min(from.Length, into.Length);
            from[..count].CopyTo(into);
            into = into[count..];
            address += (ulong)count;
        }

        return true;
    }

    private MinidumpMemory? PieceOf(ulong address)
    {
        var (low, high) = (0, Memory.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Memory[middle].Start <= address ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && address - Memory[low - 1].Start < (ulong)Memory[low - 1].Bytes.Length ? Memory[low - 1] : null;
    }

    private MinidumpCrash? ReadException()
    {
        var exception = _bytes.Stream(MinidumpStreamType.Exception).Span;
        return exception.Length < MinidumpFormat.ExceptionSize ? null : new MinidumpCrash(
            BinaryPrimitives.ReadUInt32LittleEndian(exception),
            BinaryPrimitives.ReadInt32LittleEndian(exception[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(exception[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(exception[24..]));
    }

    private uint ReadPid()
    {
        var misc = _bytes.Stream(MinidumpStreamType.MiscInfo).Span;
        return misc.Length >= MinidumpFormat.MiscInfoSize && (misc[4] & 1) != 0 ? BinaryPrimitives.ReadUInt32LittleEndian(misc[8..]) : 0;
    }

    private List<MinidumpMemory> ReadMemories()
    {
        var found = new List<MinidumpMemory>();
        foreach (var record in _bytes.List(MinidumpStreamType.MemoryList, MinidumpFormat.MemorySize, MaxMemories))
        {
            if (_bytes.TryLocation(record.Span[8..], out var location) && location.Size > 0)
            {
                found.Add(new MinidumpMemory(BinaryPrimitives.ReadUInt64LittleEndian(record.Span), _bytes.At(location)));
            }
        }

        found.Sort((one, other) => one.Start.CompareTo(other.Start));
        return found;
    }

    private List<MinidumpModule> ReadModules() =>
    [
        .. _bytes.List(MinidumpStreamType.ModuleList, MinidumpFormat.ModuleSize, MaxModules).Select(record => new MinidumpModule(
            _bytes.String(BinaryPrimitives.ReadUInt32LittleEndian(record.Span[20..])),
            BinaryPrimitives.ReadUInt64LittleEndian(record.Span),
            BinaryPrimitives.ReadUInt32LittleEndian(record.Span[8..]),
            BuildId(record.Span[76..]))),
    ];

    private string BuildId(ReadOnlySpan<byte> descriptor)
    {
        if (!_bytes.TryLocation(descriptor, out var location) || location.Size is < 4 or > 4 + MaxBuildId)
        {
            return "";
        }

        var record = _bytes.At(location).Span;
        return BinaryPrimitives.ReadUInt32LittleEndian(record) == MinidumpFormat.ElfBuildIdSignature
            ? Convert.ToHexStringLower(record[4..])
            : "";
    }
}
