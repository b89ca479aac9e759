namespace VmTools.Crash.Minidumps;

/// <summary>
/// Numbers and sizes of the file format: Microsoft's "Minidump Files" and minidumpapiset.h, in which every structure is packed to 4 bytes.
/// </summary>
internal static class MinidumpFormat
{
    /// <summary>"MDMP".</summary>
    public const uint Signature = 0x504d444d;

    /// <summary>The lower half is the format's version; the upper is the writer's own.</summary>
    public const uint Version = 0xa793;

    public const int HeaderSize = 32;
    public const int DirectoryEntrySize = 12;
    public const int ThreadSize = 48;
    public const int ThreadNameSize = 12;
    public const int ModuleSize = 108;
    public const int MemorySize = 16;
    public const int ExceptionSize = 168;
    public const int SystemInfoSize = 56;
    public const int MiscInfoSize = 24;
    public const int UpperVectorsSize = 4 + 256;

    /// <summary>Breakpad's number for Linux, which debuggers know (MD_OS_LINUX).</summary>
    public const uint PlatformLinux = 0x8201;

    /// <summary>"BpEL": a CodeView record that is the build id of an ELF file (Breakpad, LLDB and Crashpad).</summary>
    public const uint ElfBuildIdSignature = 0x4270454c;

    /// <summary>VS_FIXEDFILEINFO, and the version of its structure.</summary>
    public const uint FileVersionSignature = 0xfeef04bd;

    public const uint FileVersionStructure = 0x00010000;
}
