using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>For which processor a program is, by its ELF header (elf(5)), by the names of image configurations (GOARCH).</summary>
internal static class ElfMachine
{
    /// <summary>So many bytes from the start tell it.</summary>
    public const int HeaderBytes = 20;

    /// <summary>This VM's.</summary>
    public static string Own => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>Null for what is no program or library.</summary>
    public static string? Read(ReadOnlySpan<byte> start)
    {
        if (start.Length < HeaderBytes || !start.StartsWith("\x7F"u8) || !start[1..].StartsWith("ELF"u8))
        {
            return null;
        }

        var machine = start[5] == 2
            ? BinaryPrimitives.ReadUInt16BigEndian(start[18..])
            : BinaryPrimitives.ReadUInt16LittleEndian(start[18..]);
        return machine switch
        {
            3 => "386",
            8 => "mips",
            20 or 21 => "ppc64le",
            22 => "s390x",
            40 => "arm",
            62 => "amd64",
            183 => "arm64",
            243 => "riscv64",
            258 => "loong64",
            _ => $"unknown ({machine})",
        };
    }

    /// <summary>The same name for what LXD's metadata, the kernel and image configurations call a processor.</summary>
    public static string Canonical(string name) => name switch
    {
        "x86_64" => "amd64",
        "aarch64" or "armv8" => "arm64",
        "i386" or "i686" => "386",
        "armv7l" or "armhf" => "arm",
        "ppc64el" => "ppc64le",
        _ => name,
    };

    /// <summary>Whether programs for it run here; a 64-bit x86 runs those for 32 bits, too.</summary>
    public static bool RunsHere(string name) => Canonical(name) is var other && (other == Own || (Own == "amd64" && other == "386"));
}
