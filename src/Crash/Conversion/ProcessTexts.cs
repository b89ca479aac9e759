using System.Text;
using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;

namespace VmTools.Crash.Conversion;

/// <summary>
/// The streams that are files of /proc as they were, cut at a line when they are long. What the collector could not read is made of what
/// the core says, where it says it.
/// </summary>
internal static class ProcessTexts
{
    private const int Small = 8 * 1024;
    private const int MapsLimit = 96 * 1024;
    private const int EnvironLimit = 32 * 1024;

    /// <summary>A stream is at most this part of a minidump with little room.</summary>
    private const int SmallestShare = 32;

    public static void Write(MinidumpWriter writer, ProcessFacts facts, CoreHeaders headers, CoreNotes notes, int budget)
    {
        var small = Math.Min(Small, budget / SmallestShare);
        var maps = Math.Min(MapsLimit, budget / SmallestShare * 3);
        Add(writer, MinidumpStreamType.LinuxProcStatus, Lines(Or(facts.Status, () => Status(facts, notes)).Span, small));
        Add(writer, MinidumpStreamType.LinuxMaps, Lines(Or(facts.Maps, () => MapsText.Write(headers.Loads, notes.Files, maps)).Span, maps));
        Add(writer, MinidumpStreamType.LinuxAuxv, Cut(Or(facts.Auxv, () => notes.AuxiliaryVector).Span, small));
        Add(writer, MinidumpStreamType.LinuxCmdLine, Cut(Or(facts.CommandLine, () => Arguments(notes)).Span, small));
        Add(writer, MinidumpStreamType.LinuxEnviron, Cut(facts.Environ.Span, Math.Min(EnvironLimit, budget / SmallestShare)));
        Add(writer, MinidumpStreamType.LinuxCpuInfo, Lines(facts.CpuInfo.Span, small));
        Add(writer, MinidumpStreamType.LinuxLsbRelease, Lines(facts.OsRelease.Span, small));
    }

    private static void Add(MinidumpWriter writer, MinidumpStreamType type, ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty && MinidumpWriter.Cost(text.Length) <= writer.Remaining)
        {
            writer.AddStream(type, writer.Append(text));
        }
    }

    private static ReadOnlyMemory<byte> Or(ReadOnlyMemory<byte> told, Func<byte[]> made) => told.IsEmpty ? made() : told;

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text, int limit) => text[..Math.Min(text.Length, limit)];

    private static ReadOnlySpan<byte> Lines(ReadOnlySpan<byte> text, int limit) =>
        text.Length <= limit ? text : text[..(text[..limit].LastIndexOf((byte)'\n') + 1)];

    /// <summary>Debuggers look here for the process id.</summary>
    private static byte[] Status(ProcessFacts facts, CoreNotes notes)
    {
        var pid = facts.Pid != 0 ? facts.Pid : notes.Process?.Pid ?? 0;
        return Encoding.UTF8.GetBytes($"Name:\t{notes.Process?.Name}\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{notes.Process?.ParentPid ?? 0}\n");
    }

    private static byte[] Arguments(CoreNotes notes) => Encoding.UTF8.GetBytes(notes.Process?.Arguments.TrimEnd(' ') ?? "");
}
