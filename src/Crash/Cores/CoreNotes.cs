using System.Buffers.Binary;

namespace VmTools.Crash.Cores;

/// <summary>
/// What a core's notes tell. A note after NT_PRSTATUS is of that thread; the first thread is the one that crashed (core(5)).
/// </summary>
internal sealed class CoreNotes(CoreMachine machine, int maxThreads)
{
    private const int FxSaveSize = 512;
    private const int FSaveSize = 108;
    private const int Arm64VectorsSize = (32 * 16) + 8;

    // XSAVE's standard form: the legacy area, a header that begins with the mask of the parts in use, the upper halves of YMM (Intel SDM 1,
    // 13.4).
    private const int XSaveMaskAt = 512;
    private const int XSaveUpperAt = 576;
    private const int UpperSize = 256;
    private const ulong XSaveAvx = 4;

    private readonly List<CoreThread> _threads = [];
    private CoreThread? _current;

    public IReadOnlyList<CoreThread> Threads => _threads;

    /// <summary>Of all threads, those that were not kept too.</summary>
    public int ThreadCount { get; private set; }

    public ProcessNote? Process { get; private set; }

    public CoreSignal? Signal { get; private set; }

    public byte[] AuxiliaryVector { get; private set; } = [];

    public IReadOnlyList<FileMapping> Files { get; private set; } = [];

    /// <summary>Empty, or what was wrong with a note.</summary>
    public string Problem { get; set; } = "";

    private bool Is64 => machine is not CoreMachine.X86;

    /// <summary>Bytes of a note that are of interest; 0 for one that is not.</summary>
    public int WantedBytes(CoreNoteType type) => type switch
    {
        CoreNoteType.Status => 512,
        CoreNoteType.FloatingPoint => 1024,
        CoreNoteType.Process => 256,
        CoreNoteType.AuxiliaryVector => AuxiliaryVector.Length > 0 ? 0 : 4096,
        CoreNoteType.ExtendedState => XSaveUpperAt + UpperSize,
        CoreNoteType.FxSave => FxSaveSize,
        CoreNoteType.Files => Files.Count > 0 ? 0 : FileMappingNote.MaxSize,
        CoreNoteType.Signal => Signal is null ? 128 : 0,
        _ => 0,
    };

    public void Add(CoreNoteType type, ReadOnlySpan<byte> note)
    {
        switch (type)
        {
            case CoreNoteType.Status:
                AddThread(note);
                break;
            case CoreNoteType.Process:
                Process = ProcessNote.TryRead(note, Is64, out var process) ? process : Process;
                break;
            case CoreNoteType.Signal:
                Signal = CoreSignal.TryRead(note, Is64, out var signal) ? signal : Signal;
                break;
            case CoreNoteType.AuxiliaryVector:
                AuxiliaryVector = note.ToArray();
                break;
            case CoreNoteType.Files:
                Files = FileMappingNote.Read(note, Is64);
                break;
            default:
                AddState(type, note);
                break;
        }
    }

    private void AddThread(ReadOnlySpan<byte> note)
    {
        ThreadCount++;
        _current = null;
        if (!RegisterNotes.TryRead(machine, note, out var thread))
        {
            Problem = "A thread of the core has too few registers.";
        }
        else if (_threads.Count < maxThreads)
        {
            _current = thread;
            _threads.Add(thread!);
        }
    }

    private void AddState(CoreNoteType type, ReadOnlySpan<byte> note)
    {
        if (_current is null)
        {
            return;
        }

        switch (type, machine)
        {
            case (CoreNoteType.FloatingPoint, CoreMachine.Arm64) when note.Length >= Arm64VectorsSize:
                _current.FloatingPoint = note[..Arm64VectorsSize].ToArray();
                break;
            case (CoreNoteType.FloatingPoint, CoreMachine.X86) when note.Length >= FSaveSize:
                _current.LegacyFloatingPoint = note[..FSaveSize].ToArray();
                break;
            case (CoreNoteType.FloatingPoint, CoreMachine.X64) when note.Length >= FxSaveSize:
            case (CoreNoteType.FxSave, CoreMachine.X86) when note.Length >= FxSaveSize:
                _current.FloatingPoint = note[..FxSaveSize].ToArray();
                break;
            case (CoreNoteType.ExtendedState, CoreMachine.X64 or CoreMachine.X86) when note.Length >= FxSaveSize:
                AddExtendedState(_current, note);
                break;
        }
    }

    private static void AddExtendedState(CoreThread thread, ReadOnlySpan<byte> note)
    {
        thread.FloatingPoint ??= note[..FxSaveSize].ToArray();
        var hasUpper = note.Length >= XSaveUpperAt + UpperSize
            && (BinaryPrimitives.ReadUInt64LittleEndian(note[XSaveMaskAt..]) & XSaveAvx) != 0;
        if (hasUpper && note.Slice(XSaveUpperAt, UpperSize).ContainsAnyExcept((byte)0))
        {
            thread.UpperVectors = note.Slice(XSaveUpperAt, UpperSize).ToArray();
        }
    }
}
