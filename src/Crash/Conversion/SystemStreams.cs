using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using VmTools.Crash.Minidumps;

namespace VmTools.Crash.Conversion;

/// <summary>SystemInfo and MiscInfo: the machine, its kernel, and the process in numbers.</summary>
internal static class SystemStreams
{
    private const int MaxKernelVersion = 256;
    private const uint HasProcessId = 1;
    private const uint HasProcessTimes = 2;
    private const int VendorLength = 12;

    public static void Write(MinidumpWriter writer, ProcessFacts facts, ProcessorArchitecture architecture, int pid)
    {
        WriteSystem(writer, facts, architecture);
        var location = writer.Reserve(MinidumpFormat.MiscInfoSize);
        var misc = writer.At(location);
        BinaryPrimitives.WriteInt32LittleEndian(misc, MinidumpFormat.MiscInfoSize);
        BinaryPrimitives.WriteUInt32LittleEndian(misc[4..], facts.StartTime == default ? HasProcessId : HasProcessId | HasProcessTimes);
        BinaryPrimitives.WriteInt32LittleEndian(misc[8..], pid);
        BinaryPrimitives.WriteUInt32LittleEndian(misc[12..], facts.StartTime == default ? 0 : MinidumpWriter.UnixTime(facts.StartTime));
        writer.AddStream(MinidumpStreamType.MiscInfo, location);
    }

    private static void WriteSystem(MinidumpWriter writer, ProcessFacts facts, ProcessorArchitecture architecture)
    {
        var kernel = facts.KernelVersion[..Math.Min(facts.KernelVersion.Length, MaxKernelVersion)];
        var version = writer.AppendString(kernel);
        var location = writer.Reserve(MinidumpFormat.SystemInfoSize);
        var system = writer.At(location);
        var processor = Processor(facts.CpuInfo.Span, out var count);
        BinaryPrimitives.WriteUInt16LittleEndian(system, (ushort)architecture);
        BinaryPrimitives.WriteUInt16LittleEndian(system[2..], (ushort)Number(processor, "cpu family"));
        BinaryPrimitives.WriteUInt16LittleEndian(
            system[4..], (ushort)((Number(processor, "model") << 8) | (Number(processor, "stepping") & 0xff)));
        system[6] = (byte)Math.Min(count, byte.MaxValue);
        var numbers = Release(kernel);
        for (var part = 0; part < numbers.Length; part++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(system[(8 + (part * 4))..], numbers[part]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(system[20..], MinidumpFormat.PlatformLinux);
        BinaryPrimitives.WriteInt32LittleEndian(system[24..], version);
        if (processor.TryGetValue("vendor_id", out var vendor) && vendor.Length == VendorLength)
        {
            Encoding.ASCII.GetBytes(vendor, system[32..]);
        }

        writer.AddStream(MinidumpStreamType.SystemInfo, location);
    }

    /// <summary>The first processor of /proc/cpuinfo, and how many there are.</summary>
    private static Dictionary<string, string> Processor(ReadOnlySpan<byte> cpuInfo, out int count)
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        count = 0;
        foreach (var line in Encoding.UTF8.GetString(cpuInfo).Split('\n'))
        {
            if (line.Split(':', 2) is [var key, var value])
            {
                count += key.Trim() == "processor" ? 1 : 0;
                first.TryAdd(key.Trim(), value.Trim());
            }
        }

        return first;
    }

    private static int Number(Dictionary<string, string> processor, string key) =>
        processor.TryGetValue(key, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>"Linux 6.12.5-amd64 …" is 6, 12, 5.</summary>
    private static int[] Release(string kernel)
    {
        var numbers = new int[3];
        var words = kernel.Split(' ').FirstOrDefault(word => word.Length > 0 && char.IsAsciiDigit(word[0])) ?? "";
        var parts = words.Split('.', '-', '+');
        for (var part = 0; part < Math.Min(parts.Length, numbers.Length); part++)
        {
            _ = int.TryParse(parts[part], CultureInfo.InvariantCulture, out numbers[part]);
        }

        return numbers;
    }
}
