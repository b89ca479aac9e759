using System.Buffers.Binary;
using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;

namespace VmTools.Crash.Conversion;

/// <summary>ModuleList: programs and libraries, each with a CodeView record "BpEL" that has its build id.</summary>
internal static class ModuleStream
{
    private const int MaxPath = 1024;
    private const int MaxBuildIdRecord = 4 + 64;

    /// <summary>At least what the modules of these files will cost, for a plan that is made before they are known.</summary>
    public static int MostCost(IReadOnlyList<FileMapping> files)
    {
        var cost = 4L + CostOf("linux-gate.so");
        for (var index = 0; index < files.Count; index++)
        {
            cost += index == 0 || files[index].File != files[index - 1].File || files[index].OffsetInPages == 0
                ? CostOf(files[index].File)
                : 0;
        }

        return (int)Math.Min(cost, int.MaxValue);
    }

    /// <summary>Writes the modules that fit and returns their number.</summary>
    public static int Write(MinidumpWriter writer, IReadOnlyList<CoreModule> modules, int limit)
    {
        var (count, cost) = (0, 8L);
        while (count < modules.Count && count < limit && cost + CostOf(modules[count].Path) <= writer.Remaining)
        {
            cost += CostOf(modules[count].Path);
            count++;
        }

        var list = writer.Reserve(4 + (count * MinidumpFormat.ModuleSize));
        BinaryPrimitives.WriteInt32LittleEndian(writer.At(list), count);
        for (var index = 0; index < count; index++)
        {
            WriteModule(writer, modules[index],
                list with { Rva = list.Rva + 4 + (index * MinidumpFormat.ModuleSize), Size = MinidumpFormat.ModuleSize });
        }

        writer.AddStream(MinidumpStreamType.ModuleList, list);
        return count;
    }

    private static int CostOf(string path) =>
        MinidumpFormat.ModuleSize + MinidumpWriter.Cost(MinidumpWriter.StringSize(Cut(path))) + MinidumpWriter.Cost(MaxBuildIdRecord);

    private static string Cut(string path) => path[..Math.Min(path.Length, MaxPath)];

    private static void WriteModule(MinidumpWriter writer, CoreModule module, MinidumpLocation entry)
    {
        var name = writer.AppendString(Cut(module.Path));
        MinidumpLocation record = default;
        if (module.BuildId.Length > 0)
        {
            record = writer.Reserve(4 + module.BuildId.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(writer.At(record), MinidumpFormat.ElfBuildIdSignature);
            module.BuildId.CopyTo(writer.At(record)[4..]);
        }

        var at = writer.At(entry);
        BinaryPrimitives.WriteUInt64LittleEndian(at, module.Start);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], (uint)Math.Min(module.End - module.Start, uint.MaxValue));
        BinaryPrimitives.WriteInt32LittleEndian(at[20..], name);
        BinaryPrimitives.WriteUInt32LittleEndian(at[24..], MinidumpFormat.FileVersionSignature);
        BinaryPrimitives.WriteUInt32LittleEndian(at[28..], MinidumpFormat.FileVersionStructure);
        MinidumpWriter.WriteLocation(at[76..], record);
    }
}
