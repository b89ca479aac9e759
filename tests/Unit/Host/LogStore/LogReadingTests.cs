using System.Buffers;
using System.IO.Compression;
using System.Text;
using CsCheck;
using VmTools.Host.LogStore;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.LogStore;

/// <summary>Histories, merging and following, on files that are written and rotated in between.</summary>
public sealed class LogReadingTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();

    private string Live => _directory.File("user.log");

    private LogHistory History => new(LogSource.User, Live, TimeZoneInfo.Utc);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Older_files_are_read_before_younger_ones_and_through_gzip()
    {
        File.WriteAllBytes(Live + ".2.gz", Compress(Line(1, "one")));
        Write(Live + ".1", Line(2, "two"));
        Write(Live, Line(3, "three"));

        Assert.Equal(["one", "two", "three"], Texts(History.Read()));
    }

    [Fact]
    public void What_is_no_line_is_left_out_and_a_line_without_end_is_left_for_later()
    {
        Write(Live, Line(1, "one"), "junk\n"u8.ToArray(), "\n"u8.ToArray(), Line(2, "two"), Line(3, "half")[..^1]);

        Assert.Equal(["one", "two"], Texts(History.Read()));
    }

    [Fact]
    public void A_damaged_compressed_file_costs_its_rest_only()
    {
        var compressed = Compress([.. Enumerable.Range(0, 1000).SelectMany(i => Line(i, $"line {i * 7919}"))]);
        compressed.AsSpan(compressed.Length / 2, 64).Fill(0xff);
        File.WriteAllBytes(Live + ".1.gz", compressed);
        Write(Live, Line(2000, "after"));

        Assert.Equal("after", Texts(History.Read())[^1]);
    }

    [Fact]
    public void A_line_longer_than_any_of_ours_is_passed_over()
    {
        Write(Live, Line(1, new string('x', LineReader.MaxLine + 70000)), Line(2, "after"));

        Assert.Equal(["after"], Texts(History.Read()));
    }

    [Theory]
    [InlineData("Jan  1 00:00:05 <14>  VM(33): new year", "2030-01-01T00:00:05Z")]
    [InlineData("Dec 31 23:59:59 <11>  VM(33): old year", "2029-12-31T23:59:59Z")]
    [InlineData("Feb 29 10:00:00 <11>  VM(33): no such day", null)]
    [InlineData("Foo 12 10:00:00 <11>  VM(33): no such month", null)]
    [InlineData("Jan  1 00:00:05", null)]
    public void The_originals_line_is_read_with_the_year_of_its_file(string line, string? time)
    {
        var isRead = OriginalLine.TryParse(Encoding.UTF8.GetBytes(line), Time.AddHours(1), TimeZoneInfo.Utc, out var stored);

        Assert.Equal(time is not null, isRead);
        Assert.Equal(time is null ? default : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), stored.Time);
    }

    [Fact]
    public void Sources_are_merged_by_time_and_each_keeps_its_own_order() => Gen.Int[0, 20].Array[0, 30].Array[0, 4].Sample(times =>
    {
        var sources = times.Select((seconds, source) => seconds.Select((second, i) => Record(second, $"{source}.{i}")).ToArray()).ToArray();

        var merged = LogMerge.ByTime(sources).ToArray();

        Assert.Equal(times.Sum(seconds => seconds.Length), merged.Length);
        for (var source = 0; source < sources.Length; source++)
        {
            Assert.Equal(Texts(sources[source]), Texts(merged).Where(text => text.StartsWith($"{source}.", StringComparison.Ordinal)));
        }

        if (times.All(seconds => seconds.SequenceEqual(seconds.Order())))
        {
            Assert.Equal(merged.Select(record => record.Line.Time).Order(), merged.Select(record => record.Line.Time));
        }
    });

    [Fact]
    public void Whoever_follows_sees_each_line_once_over_rotations_and_compression()
    {
        Write(Live, Line(0, "0"));
        using var follower = new LogFollower(History);
        List<string> seen = [.. Texts(follower.Read())];

        for (var i = 1; i < 100; i++)
        {
            Write(Live, Line(i, $"{i}"));
            if (i % 7 == 0)
            {
                RotatedFiles.Shift(Live, kept: 4);
            }

            if (i % 5 == 0)
            {
                seen.AddRange(Texts(follower.Read()));
            }

            if (i % 21 == 0)
            {
                seen.AddRange(Texts(follower.Read()));
                File.WriteAllBytes(Live + ".1.gz", Compress(File.ReadAllBytes(Live + ".1")));
                File.Delete(Live + ".1");
            }
        }

        seen.AddRange(Texts(follower.Read()));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), seen);
    }

    [Fact]
    public void A_log_that_begins_later_is_followed_from_its_beginning()
    {
        using var follower = new LogFollower(History);
        Assert.Empty(follower.Read());

        Write(Live, Line(1, "one"));

        Assert.Equal(["one"], Texts(follower.Read()));
        Assert.Empty(follower.Read());
    }

    private static StoredRecord Record(int second, string text) =>
        new(LogSource.User, new StoredLine(Time.AddSeconds(second), 5, 33, Encoding.UTF8.GetBytes(text)));

    private static byte[] Line(int second, string text)
    {
        var line = new ArrayBufferWriter<byte>();
        Record(second, text).Line.WriteTo(line);
        return line.WrittenSpan.ToArray();
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    private static void Write(string path, params byte[][] lines) => File.AppendAllBytes(path, [.. lines.SelectMany(line => line)]);

    private static List<string> Texts(IEnumerable<StoredRecord> records) =>
        [.. records.Select(record => Encoding.UTF8.GetString(record.Line.Content.Span))];
}
