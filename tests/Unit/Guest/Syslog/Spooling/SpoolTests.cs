using System.Globalization;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.Syslog;
using VmTools.Guest.Syslog.Parsing;
using VmTools.Guest.Syslog.Spooling;
using VmTools.Protocol.Messages;
using Xunit;

namespace VmTools.Unit.Guest.Syslog.Spooling;

/// <summary>Nothing is lost or doubled while there is room; what goes beyond it is counted exactly.</summary>
public sealed class SpoolTests
{
    [Fact]
    public void What_comes_out_and_what_is_counted_as_lost_is_what_went_in_in_order()
    {
        Gen.Select(Gen.Int[0, 900], Gen.Bool).Array[1, 400].Sample(steps =>
        {
            using var queue = new SpoolQueue(new MemoryStorage(20_000), new MemoryStorage(60_000));
            var (added, expected) = (0UL, 0UL);
            foreach (var (length, isTaken) in steps)
            {
                queue.Append(new byte[length], added++);
                expected += (ulong)queue.TakeLost();
                if (isTaken && queue.TryPeek(out var oldest, out var tag))
                {
                    Assert.Equal(expected++, tag);
                    queue.Take(new byte[oldest]);
                }
            }

            for (; queue.TryPeek(out var oldest, out var tag); queue.Take(new byte[oldest]))
            {
                Assert.Equal(expected++, tag);
            }

            Assert.Equal(added, expected);
        });
    }

    [Fact]
    public void Batches_are_the_records_in_order_with_the_gap_before_them()
    {
        using var spool = NewSpool(4_000, 4_000);
        for (var i = 0; i < 200; i++)
        {
            Add(spool, LogKind.User, $"record {i} {new string('x', 60)}");
        }

        var records = new List<LogRecord>();
        while (spool.TakeBatch() is { } batch)
        {
            records.AddRange(LogRequest.Parser.ParseFrom(batch.Request.Span).Records);
        }

        var gap = records[0].Content.ToStringUtf8();
        var lost = int.Parse(gap.Split(' ')[1], CultureInfo.InvariantCulture);
        Assert.Equal((LogSeverity.Warning, $"vm_syslog: {lost} records lost: the host was away"), (records[0].Severity, gap));
        Assert.Equal(200, lost + records.Count - 1);
        Assert.Equal(
            Enumerable.Range(lost, 200 - lost).Select(number => $"record {number}"),
            records.Skip(1).Select(record => string.Join(' ', record.Content.ToStringUtf8().Split(' ')[..2])));
    }

    [Fact]
    public void A_record_is_what_the_generated_parser_reads()
    {
        var records = Gen.Select(Gen.Int[0, 7], Gen.Long[-60_000_000_000, 250_000_000_000], Gen.Int[0, 9_999_999], Gen.Byte.Array[1, 300]);
        records.Sample((severity, seconds, ticks, content) =>
        {
            var time = DateTimeOffset.UnixEpoch.AddSeconds(seconds).AddTicks(ticks);
            var bytes = new byte[content.Length + RecordEncoding.MaxOverhead];

            var length = RecordEncoding.Write(new SyslogMessage((SyslogSeverity)severity, time, content), bytes);

            var record = Assert.Single(LogRequest.Parser.ParseFrom(bytes.AsSpan(0, length)).Records);
            Assert.Equal(
                ((LogSeverity)(severity + 1), seconds, ticks * 100),
                (record.Severity, record.Timestamp.Seconds, record.Timestamp.Nanos));
            Assert.Equal(content, record.Content.ToByteArray());
        });
    }

    [Fact]
    public void A_batch_stays_below_what_one_call_carries()
    {
        using var spool = NewSpool(1_000_000, 1_000_000);
        for (var i = 0; i < 100; i++)
        {
            Add(spool, LogKind.User, new string('x', SyslogParser.MaxDatagram));
        }

        while (spool.TakeBatch() is { } batch)
        {
            Assert.InRange(batch.Request.Length, 1, Spool.MaxBatchBytes);
        }
    }

    [Fact]
    public void What_a_full_disk_does_not_take_is_counted_and_what_came_before_is_kept()
    {
        var disk = new FailingStorage(10_000) { TakesNothing = true };
        using var queue = new SpoolQueue(new MemoryStorage(1_000), disk);
        var fits = 1_000 / (100 + RecordRing.HeaderBytes);
        for (ulong i = 0; i < 50; i++)
        {
            queue.Append(new byte[100], i);
        }

        disk.TakesNothing = false;
        queue.Append(new byte[100], 50);

        Assert.Equal(fits + 1, queue.Count);
        Assert.Equal([.. Enumerable.Range(0, fits).Select(tag => $"{tag}"), $"{50 - fits} lost", "50"], Drain(queue));
    }

    [Fact]
    public void A_disk_that_comes_and_goes_leaves_a_gap_where_each_record_is_missing()
    {
        const int taking = 50;
        Gen.Select(Gen.Int[0, 900], Gen.Int[0, 119]).Array[1, 400].Sample(steps =>
        {
            var disk = new FailingStorage(30_000);
            using var queue = new SpoolQueue(new MemoryStorage(20_000), disk);
            var (added, expected) = (0UL, 0UL);
            foreach (var (length, what) in steps)
            {
                disk.TakesNothing ^= what == 0;
                disk.GivesNothing ^= what == 1;
                queue.Append(new byte[length], added++);
                expected += (ulong)queue.TakeLost();
                if (what > taking && queue.TryPeek(out var oldest, out var tag))
                {
                    Assert.Equal(expected++, tag);
                    queue.Take(new byte[oldest]);
                }
            }

            for (expected += (ulong)queue.TakeLost(); queue.TryPeek(out var oldest, out var tag); expected += (ulong)queue.TakeLost())
            {
                Assert.Equal(expected++, tag);
                queue.Take(new byte[oldest]);
            }

            Assert.Equal(added, expected);
        });
    }

    [Fact]
    public void A_batch_tells_of_a_gap_between_its_records()
    {
        var disk = new FailingStorage(100_000) { TakesNothing = true };
        using var spool = new Spool(
            new SpoolQueue(new MemoryStorage(100), new MemoryStorage(100)),
            new SpoolQueue(new MemoryStorage(1_000), disk),
            new FakeTimeProvider());
        for (var i = 0; i < 40; i++)
        {
            disk.TakesNothing = i is < 20 or >= 30;
            Add(spool, LogKind.User, $"record {i} {new string('x', 100)}");
        }

        var batch = spool.TakeBatch()!;
        var contents = LogRequest.Parser.ParseFrom(batch.Request.Span).Records.Select(record => record.Content.ToStringUtf8()).ToArray();

        Assert.Equal(contents.Length, batch.Count);
        Assert.Null(spool.TakeBatch());
        var gaps = contents.Select((content, place) => (content, place))
            .Where(each => each.content.Contains("lost", StringComparison.Ordinal))
            .ToArray();
        var first = gaps[0].place;
        Assert.Equal([(GapOf(20 - first), first), (GapOf(10), contents.Length - 1)], gaps);
        Assert.StartsWith("record 20 ", contents[first + 1], StringComparison.Ordinal);
        static string GapOf(int lost) => $"vm_syslog: {lost} records lost: the host was away";
    }

    [Fact]
    public void More_gaps_than_are_told_apart_lose_nothing_of_the_count()
    {
        var gaps = new GapList();
        for (var i = 0; i < 1000; i++)
        {
            gaps.Add(place: i, lost: 2);
        }

        Assert.Equal(4, gaps.TakeUpTo(1));
        Assert.Equal(1996, gaps.TakeUpTo(999));
        Assert.True(gaps.IsEmpty);
    }

    [Fact]
    public void What_cannot_be_read_back_from_the_disk_is_counted()
    {
        var disk = new FailingStorage(10_000);
        using var queue = new SpoolQueue(new MemoryStorage(1_000), disk);
        var fits = 1_000 / (100 + RecordRing.HeaderBytes);
        for (ulong i = 0; i < 50; i++)
        {
            queue.Append(new byte[100], i);
        }

        disk.GivesNothing = true;

        Assert.Equal([.. Enumerable.Range(0, fits).Select(tag => $"{tag}"), $"{50 - fits} lost"], Drain(queue));
    }

    private static List<string> Drain(SpoolQueue queue)
    {
        var seen = new List<string>();
        while (true)
        {
            if (queue.TakeLost() is > 0 and var lost)
            {
                seen.Add($"{lost} lost");
            }

            if (!queue.TryPeek(out var length, out var tag))
            {
                return seen;
            }

            seen.Add($"{tag}");
            queue.Take(new byte[length]);
        }
    }

    internal static Spool NewSpool(int memory, int file) => new(
        new SpoolQueue(new MemoryStorage(memory), new MemoryStorage(file)),
        new SpoolQueue(new MemoryStorage(memory), new MemoryStorage(file)),
        new FakeTimeProvider());

    internal static void Add(Spool spool, LogKind kind, string text, ulong tag = 0) =>
        spool.Add(kind, new SyslogMessage(SyslogSeverity.Info, DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes(text)), tag);
}
