using System.Globalization;
using System.Text.Json;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>What "vmc logs" shows of one VM, as a program reads it.</summary>
internal sealed class LogReader(Sandbox sandbox, string vm)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The records of a source whose text matches, in their order.</summary>
    public async Task<IReadOnlyList<LoggedRecord>> ReadAsync(string source, string pattern)
    {
        var logs = await sandbox.VmcAsync("logs", vm, source, "--grep", pattern, "--json");
        Assert.True(logs.Code == 0, logs.ToString());
        return [.. logs.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(LoggedRecord.Of)];
    }

    /// <summary>The same, once there are so many.</summary>
    public Task<IReadOnlyList<LoggedRecord>> ReadAsync(string source, string pattern, int count) =>
        ReadUntilAsync(source, pattern, records => records.Count >= count, $"{count} records with '{pattern}'");

    /// <summary>The same, once the record with these last words is there, which what came before it must be then.</summary>
    public async Task<IReadOnlyList<LoggedRecord>> ReadToAsync(string source, string pattern, string lastWords)
    {
        await ReadUntilAsync(source, lastWords + "$", records => records.Count > 0, $"the record '{lastWords}'");
        return await ReadAsync(source, pattern);
    }

    /// <summary>How many records somebody on the way says were left out, in words like "vm_syslog: 12 records lost".</summary>
    public async Task<long> LeftOutAsync(string source) =>
        (await ReadAsync(source, "^(vm_syslog|vmlog_forwarder): [0-9]+ "))
            .Sum(record => long.Parse(record.Message.Split(' ')[1], CultureInfo.InvariantCulture));

    private async Task<IReadOnlyList<LoggedRecord>> ReadUntilAsync(
        string source, string pattern, Func<IReadOnlyList<LoggedRecord>, bool> isEnough, string what)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(90); ; await Task.Delay(Pause, Cancel))
        {
            var records = await ReadAsync(source, pattern);
            if (isEnough(records))
            {
                return records;
            }

            Assert.True(DateTime.UtcNow < end, $"{what} did not come; {records.Count} did.\n{sandbox.LogText()}");
        }
    }

    internal sealed record LoggedRecord(DateTimeOffset Time, string Severity, long Cid, string Message)
    {
        /// <summary>The number at the end, of records that are numbered.</summary>
        public int Number => int.Parse(Message[(Message.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);

        public static LoggedRecord Of(string json)
        {
            using var line = JsonDocument.Parse(json);
            var root = line.RootElement;
            return new LoggedRecord(
                root.GetProperty("time").GetDateTimeOffset(), root.GetProperty("severity").GetString()!,
                root.GetProperty("cid").GetInt64(), root.GetProperty("message").GetString()!);
        }
    }
}
