using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;

namespace VmTools.Crash.Conversion;

/// <summary>
/// Puts a minidump together: what the notes say is written when they have passed, so that it is known how much room memory gets; modules
/// and memory follow when that has passed too.
/// </summary>
internal sealed class DumpAssembly
{
    private readonly MinidumpWriter _writer;
    private readonly CoreHeaders _headers;
    private readonly CoreNotes _notes;
    private readonly ProcessFacts _facts;
    private readonly DumpBudget _budget;
    private readonly ThreadStreams? _threads;
    private readonly IReadOnlyList<FileMapping> _files;

    public DumpAssembly(CoreHeaders headers, CoreNotes notes, ProcessFacts facts, DumpBudget budget)
    {
        (_headers, _notes, _facts, _budget) = (headers, notes, facts, budget);
        _writer = new MinidumpWriter(budget.Bytes);
        _files = notes.Files.Count > 0 ? notes.Files : MapsText.Read(facts.Maps.Span);
        Signal = notes.Signal ?? new CoreSignal(notes.Threads is [{ Signal: > 0 } first, ..] ? first.Signal : facts.Signal, 0, 0);
        if (notes.Threads.Count == 0)
        {
            return;
        }

        var pid = facts.Pid != 0 ? facts.Pid : notes.Process?.Pid ?? notes.Threads[0].Id;
        SystemStreams.Write(_writer, facts, ContextMapping.LayoutOf(headers.Machine).Architecture, pid);
        _threads = new ThreadStreams(_writer, headers.Machine, notes.Threads);
        _threads.Write(Signal, NameOf);
        ProcessTexts.Write(_writer, facts, headers, notes, budget.Bytes);
        Plan = MakePlan();
    }

    public CoreSignal Signal { get; }

    public MemoryPlan Plan { get; } = MemoryPlan.Empty;

    /// <summary>Of the finished minidump.</summary>
    public int Bytes => _writer.Length;

    /// <summary>Registers take at most a third of the room; the rest is for what they point to.</summary>
    public static int MostThreads(CoreMachine machine, int bytes) => Math.Max(1, bytes / 3 / ThreadStreams.Cost(machine));

    /// <summary>Writes what the passing memory told; returns the number of modules.</summary>
    public int Finish(IReadOnlyDictionary<ulong, ImageHead> images, Stream minidump)
    {
        MemoryStreams.Write(_writer, Plan, _threads!, _notes.Threads.Count);
        var modules = new ModuleFinder(_headers.Loads, images, _facts)
            .Find(_files, Auxiliary(AuxiliaryVector.Entry), Auxiliary(AuxiliaryVector.KernelLibrary));
        var count = ModuleStream.Write(_writer, modules, _budget.Modules);
        _writer.Finish(_facts.CrashTime, minidump);
        return count;
    }

    private MemoryPlan MakePlan()
    {
        var pieces = MemoryPlanner.MostPieces(_notes.Threads.Count);
        var overhead = MinidumpWriter.Cost(4 + (pieces * (MinidumpFormat.MemorySize + MinidumpWriter.Cost(1))));
        var modules = Math.Min(ModuleStream.MostCost(_files), _budget.Bytes / 5);
        return new MemoryPlanner(_headers.Machine, _headers.Loads, Auxiliary(AuxiliaryVector.Random))
            .Plan(_notes.Threads, Auxiliary(AuxiliaryVector.KernelLibrary), _writer.Remaining - overhead - modules, _budget);
    }

    private ulong Auxiliary(ulong type)
    {
        var vector = _notes.AuxiliaryVector.Length > 0 ? _notes.AuxiliaryVector : _facts.Auxv.Span;
        return AuxiliaryVector.Find(vector, type, _headers.Machine is not CoreMachine.X86);
    }

    /// <summary>The core itself has the name of the first thread only.</summary>
    private string NameOf(int thread) =>
        _facts.ThreadNames.TryGetValue(thread, out var name) ? name
        : _notes.Process is { } process && process.Pid == thread ? process.Name
        : "";
}
