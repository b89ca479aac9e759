using System.Buffers;
using System.Globalization;
using System.Text;
using VmTools.Host.GuestText;
using VmTools.Host.LogStore;

namespace VmTools.Host.VsockDevice.Console;

/// <summary>
/// The console's lines in the VM's log, scrubbed, with the time they came, and in a file of their own those that tell of a kernel
/// fault. A guest can write faster than a person can read: beyond a rate lines are dropped and counted.
/// </summary>
internal sealed class ConsoleLog : IDisposable
{
    public const long BytesPerSecond = 256 * 1024;
    public const long Burst = 2 * 1024 * 1024;

    private const int Notice = 5;
    private const int Critical = 2;
    private const int Emergency = 0;

    /// <summary>Written in one go; a turn of the loop brings little more.</summary>
    private const int WriteAt = 16 * 1024;

    /// <summary>A fault's record is short; a guest that only pretends to have many gets no more room.</summary>
    public static readonly LogFileLimits FaultLimits = new() { MaxFileBytes = 256 * 1024, KeptFiles = 1, MaxAge = TimeSpan.FromDays(3650) };

    private readonly uint _cid;
    private readonly TimeProvider _clock;
    private readonly LogWriter _file;
    private readonly LogWriter _faultFile;
    private readonly FaultDetector _faults;
    private readonly ByteBudget _budget;
    private readonly ByteBudget _faultBudget;
    private readonly ArrayBufferWriter<byte> _content = new(ConsoleLines.MaxLine);
    private readonly ArrayBufferWriter<byte> _lines = new(WriteAt);
    private readonly ArrayBufferWriter<byte> _faultLines = new(256);
    private long _dropped;
    private long _told;
    private int _tellingBytes;

    public ConsoleLog(VmLogPaths paths, uint cid, TimeProvider clock)
    {
        _cid = cid;
        _clock = clock;
        _file = new LogWriter(paths.FileOf(LogSource.Console), LogFileLimits.Default, clock);
        _faultFile = new LogWriter(paths.Panics, FaultLimits, clock);
        _ = _file.TryOpen() && _faultFile.TryOpen();
        _faults = new FaultDetector(clock);
        _budget = new ByteBudget(BytesPerSecond, Burst, clock);
        _faultBudget = new ByteBudget(FaultLimits.MaxFileBytes / 8, FaultLimits.MaxFileBytes, clock);
    }

    /// <summary>Whether the log still owes a word about what it dropped.</summary>
    public bool HasDropped => _dropped > 0;

    /// <summary>One line as the console said it, without what ends it.</summary>
    public void Take(ReadOnlySpan<byte> raw)
    {
        var part = _faults.Find(raw);
        var isFault = part != FaultPart.None && _faultBudget.IsOpen();
        if (!isFault && !_budget.IsOpen())
        {
            _dropped += raw.Length;
            return;
        }

        TellDropped();
        var severity = SeverityOf(ref raw, part);
        _content.ResetWrittenCount();
        SafeText.WriteForFile(raw, _content);
        Add(new LogPriority(LogFacility.User, severity), isFault);
        if (_lines.WrittenCount >= WriteAt)
        {
            Flush();
        }
    }

    /// <summary>Writes what was taken, and, if the console has fallen silent, what was dropped.</summary>
    public void Flush(bool isSilent = false)
    {
        if (isSilent)
        {
            TellDropped();
        }

        if (!TryWrite(_file, _lines, out var lost))
        {
            _dropped += lost - _tellingBytes + _told;
        }

        (_told, _tellingBytes) = (0, 0);
        TryWrite(_faultFile, _faultLines, out _);
    }

    public void Dispose()
    {
        Flush(isSilent: true);
        _file.Dispose();
        _faultFile.Dispose();
    }

    private void TellDropped()
    {
        if (_dropped == 0)
        {
            return;
        }

        var dropped = _dropped;
        var before = _lines.WrittenCount;
        _told += dropped;
        _dropped = 0;
        _content.ResetWrittenCount();
        Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"vm_vsock: {dropped} bytes of the console dropped: more than {BytesPerSecond >> 10} KiB/s, or no room on the disk"),
            _content);
        Add(LogPriority.HostWarning, isFault: false);
        _tellingBytes += _lines.WrittenCount - before;
    }

    private void Add(LogPriority priority, bool isFault)
    {
        var line = new StoredLine(_clock.GetUtcNow(), priority, _cid, _content.WrittenMemory);
        var before = _lines.WrittenCount;
        line.WriteTo(_lines);
        _budget.Spend(_lines.WrittenCount - before);
        if (isFault)
        {
            line.WriteTo(_faultLines);
            _faultBudget.Spend(_lines.WrittenCount - before);
        }
    }

    private static bool TryWrite(LogWriter file, ArrayBufferWriter<byte> lines, out int count)
    {
        count = lines.WrittenCount;
        var isWritten = count == 0 || file.TryAppendAndRotate(lines.WrittenSpan);
        lines.ResetWrittenCount();
        return isWritten;
    }

    /// <summary>What a program says to the console in the kernel's way, <c>&lt;3&gt;text</c>, has its severity there.</summary>
    private static int SeverityOf(ref ReadOnlySpan<byte> line, FaultPart part)
    {
        var severity = Notice;
        if (line.Length > 2 && line[0] == '<' && line[1] is >= (byte)'0' and <= (byte)'7' && line[2] == '>')
        {
            severity = line[1] - '0';
            line = line[3..];
        }

        return part switch
        {
            FaultPart.PanicsFirst => Emergency,
            FaultPart.First => Critical,
            FaultPart.None or FaultPart.Further => severity,
            _ => throw new ArgumentOutOfRangeException(nameof(part), part, "A line is no such part of a record."),
        };
    }
}
