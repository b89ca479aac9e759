using System.Globalization;
using System.Text;
using VmTools.Guest.Syslog.Parsing;

namespace VmTools.Guest.Syslog.Spooling;

/// <summary>
/// Everything the host has not got yet. The thread that reads adds records and never waits; the sender takes batches. Programs that flood
/// cannot push out what the kernel says: each kind has room of its own. Safe for one reader and one sender at a time.
/// </summary>
internal sealed class Spool(SpoolQueue kernel, SpoolQueue user, TimeProvider clock) : IDisposable
{
    /// <summary>The bytes of records that one call carries; the host's limit for a call is 64 KiB.</summary>
    public const int MaxBatchBytes = 48 * 1024;

    /// <summary>The bytes that the record of a gap takes at most, serialized.</summary>
    private const int MaxGapBytes = 100 + RecordEncoding.MaxOverhead;

    private readonly Lock _gate = new();
    private readonly byte[] _encoded = new byte[SyslogParser.MaxDatagram + RecordEncoding.MaxOverhead];
    private TaskCompletionSource? _waiter;
    private long _awaited;
    private long _lastNumber;

    /// <summary>Names this spool to the host, so that a batch that comes twice can be told from another process's.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The length of all records that wait, serialized.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return BytesOfBoth;
            }
        }
    }

    private long BytesOfBoth => kernel.Bytes + user.Bytes;

    /// <summary>Adds one record. The tag of the kernel's is its sequence; that of a program's means nothing.</summary>
    public void Add(LogKind kind, in SyslogMessage message, ulong tag)
    {
        lock (_gate)
        {
            var length = RecordEncoding.Write(message, _encoded);
            QueueOf(kind).Append(_encoded.AsSpan(0, length), tag);
            if (_waiter is { } waiter && BytesOfBoth >= _awaited)
            {
                _waiter = null;
                waiter.SetResult();
            }
        }
    }

    /// <summary>Completes once so many bytes wait to be sent. One waiter at a time; a later one takes the place of the former.</summary>
    public Task AtLeastAsync(long bytes)
    {
        lock (_gate)
        {
            if (BytesOfBoth >= bytes)
            {
                return Task.CompletedTask;
            }

            (_waiter, _awaited) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), bytes);
            return _waiter.Task;
        }
    }

    /// <summary>The oldest records, the kernel's first; null where there are none. They are the sender's from now on.</summary>
    public SpooledBatch? TakeBatch()
    {
        lock (_gate)
        {
            return TakeBatch(LogKind.Kernel) ?? TakeBatch(LogKind.User);
        }
    }

    public void Dispose()
    {
        kernel.Dispose();
        user.Dispose();
    }

    private SpooledBatch? TakeBatch(LogKind kind)
    {
        var queue = QueueOf(kind);
        if (queue.IsEmpty)
        {
            return null;
        }

        var request = new byte[Math.Min(MaxBatchBytes, queue.Bytes + _encoded.Length)];
        var (at, count, last) = (0, 0, 0UL);
        do
        {
            if (queue.TakeLost() is > 0 and var lost)
            {
                at += RecordEncoding.Write(GapMessage(kind, lost), request.AsSpan(at));
                count++;
            }

            if (!queue.TryPeek(out var length, out var tag) || length > request.Length - at)
            {
                break;
            }

            queue.Take(request.AsSpan(at, length));
            at += length;
            count++;
            last = tag;
        }
        while (request.Length - at >= MaxGapBytes);

        return new SpooledBatch(kind, ++_lastNumber, request.AsMemory(0, at), count, last);
    }

    /// <summary>Stands where the lost ones were.</summary>
    private SyslogMessage GapMessage(LogKind kind, long lost)
    {
        var what = kind == LogKind.Kernel ? "kernel records lost" : "records lost: the host was away";
        var text = string.Create(CultureInfo.InvariantCulture, $"vm_syslog: {lost} {what}");
        return new SyslogMessage(SyslogSeverity.Warning, clock.GetUtcNow(), Encoding.ASCII.GetBytes(text));
    }

    private SpoolQueue QueueOf(LogKind kind) => kind == LogKind.Kernel ? kernel : user;
}

/// <summary>Records that go to the host in one call, the same bytes under the same number until it has answered.</summary>
/// <param name="Kind">Which method takes them.</param>
/// <param name="Number">Counts the batches of one spool from 1.</param>
/// <param name="Request">A serialized LogRequest.</param>
/// <param name="Count">How many records.</param>
/// <param name="LastTag">The tag of the last one: for the kernel's, its sequence.</param>
internal sealed record SpooledBatch(LogKind Kind, long Number, ReadOnlyMemory<byte> Request, int Count, ulong LastTag);
