using VmTools.Crash.Cores;

namespace VmTools.Crash.Conversion;

/// <summary>One conversion while it goes on: notes, then the plan and all that is known so far, then memory, then the rest.</summary>
internal sealed class CorePassing
{
    private const int SmallestBudget = 64 * 1024;

    private readonly CoreStream _stream;
    private readonly CoreHeaders _headers;
    private readonly ProcessFacts _facts;
    private readonly DumpBudget _budget;
    private readonly CoreNotes _notes;
    private DumpAssembly? _assembly;
    private LoadPass? _pass;
    private string _disorder = "";
    private bool _areNotesRead;

    public CorePassing(CoreStream stream, CoreHeaders headers, ProcessFacts facts, DumpBudget budget)
    {
        (_stream, _headers, _facts) = (stream, headers, facts);
        _budget = budget with { Bytes = Math.Max(budget.Bytes, SmallestBudget), Threads = Math.Max(budget.Threads, 1) };
        _notes = new CoreNotes(headers.Machine, Math.Min(_budget.Threads, DumpAssembly.MostThreads(headers.Machine, _budget.Bytes)));
    }

    public void PassAll()
    {
        if (_stream.CanGoTo)
        {
            ReadNotesAhead();
        }

        foreach (var segment in _headers.InFileOrder)
        {
            if (!_stream.Skip((long)segment.Offset - _stream.Position))
            {
                break;
            }

            var passed = (ulong)_stream.Position - segment.Offset;
            if (passed > 0)
            {
                _disorder = "Segments of the core lie over each other.";
            }

            if (passed < segment.FileSize)
            {
                Pass(segment with
                {
                    Offset = segment.Offset + passed,
                    Address = segment.Address + passed,
                    FileSize = segment.FileSize - passed
                });
            }
        }
    }

    /// <summary>The stream is at its end.</summary>
    public ConversionOutcome Finish(Stream minidump)
    {
        var state = StateAndProblem(out var problem);
        Assemble();
        var signal = _assembly!.Signal;
        var outcome = new ConversionOutcome
        {
            HasDump = _notes.Threads.Count > 0,
            State = state,
            Problem = problem,
            Signal = signal.Number,
            SignalCode = signal.Code,
            FaultAddress = signal.HasAddress ? signal.Address : 0,
            Threads = _notes.ThreadCount,
            CoreBytes = _stream.Position,
        };
        if (!outcome.HasDump)
        {
            return outcome;
        }

        var modules = _assembly.Finish(_pass!.Images, minidump);
        return outcome with { Modules = modules, DumpBytes = _assembly.Bytes };
    }

    /// <summary>gdb writes a core's notes behind its memory. In a file they can be read first all the same.</summary>
    private void ReadNotesAhead()
    {
        var here = _stream.Position;
        foreach (var notes in _headers.InFileOrder.Where(segment => segment.Type == ProgramHeader.Note))
        {
            _stream.GoTo((long)notes.Offset);
            NoteReader.Read(_stream, notes.FileSize, _notes);
        }

        _stream.GoTo(here);
        _areNotesRead = true;
    }

    private void Pass(ProgramHeader segment)
    {
        if (segment.Type == ProgramHeader.Note)
        {
            // Notes behind the memory come too late for the plan, and what is written already cannot grow.
            if (_assembly is null && !_areNotesRead)
            {
                NoteReader.Read(_stream, segment.FileSize, _notes);
            }

            return;
        }

        Assemble();
        _pass!.Pass(segment);
    }

    private void Assemble()
    {
        if (_assembly is null)
        {
            _assembly = new DumpAssembly(_headers, _notes, _facts, _budget);
            _pass = new LoadPass(_stream, _assembly.Plan);
        }
    }

    private CoreState StateAndProblem(out string problem)
    {
        var wrong = new[] { _headers.Problem, _notes.Problem, _disorder }.FirstOrDefault(text => text.Length > 0) ?? "";
        if (_stream.Position < _headers.End || _headers.IsCutShort)
        {
            var why = _stream.Failure is null ? "" : $": {_stream.Failure.TrimEnd('.')}";
            problem = $"The core ended after {_stream.Position} of at least {Math.Max(_headers.End, _stream.Position)} bytes{why}.";
            return wrong.Length > 0 ? CoreState.Corrupt : CoreState.Truncated;
        }

        if (_notes.Threads.Count == 0)
        {
            problem = wrong.Length > 0 ? wrong : "The core has no thread in it.";
            return CoreState.Corrupt;
        }

        problem = wrong.Length == 0 && _notes.ThreadCount > _notes.Threads.Count
            ? $"The minidump has room for {_notes.Threads.Count} of {_notes.ThreadCount} threads."
            : wrong;
        return wrong.Length > 0 ? CoreState.Corrupt : CoreState.Whole;
    }
}
