using System.Buffers;
using System.Text;
using VmTools.DBus;
using VmTools.Host.Concierge.Api;
using VmTools.Host.Concierge.Logs;
using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Api;

/// <summary>The answer to GetVmLogs as bytes of the message, and what is left of it in memory.</summary>
public sealed class LogMethodsTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly VmLogPaths _places;
    private readonly InstanceDirectories _directories;

    public LogMethodsTests()
    {
        _directories = new InstanceDirectories(_directory.File("run"), _directory.Path, _directory.File("image"));
        _places = VmLogPaths.Of(_directories, VmId.Parse("abc", "termina"));
        Directory.CreateDirectory(_places.Directory);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(200)]
    [InlineData(40_000)]
    public async Task The_answer_is_the_message_with_all_lines(int lines)
    {
        var written = Write(lines);
        await using var member = new LogMethods(new GetVmLogs(_directories, TimeProvider.System), TimeProvider.System);

        var answer = await AskAsync(member, "termina");

        Assert.Equal(written, GetVmLogsResponse.Parser.ParseFrom(answer.Span).Log);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_make_no_answer_that_nobody_can_read()
    {
        Write(1);
        var path = _places.FileOf(LogSource.Console);
        await File.WriteAllBytesAsync(path, [.. (await File.ReadAllBytesAsync(path, Cancel))[..^1], 0xff, 0xfe, (byte)'\n'], Cancel);
        await using var member = new LogMethods(new GetVmLogs(_directories, TimeProvider.System), TimeProvider.System);

        var answer = await AskAsync(member, "termina");

        Assert.EndsWith("\ufffd\ufffd\n", GetVmLogsResponse.Parser.ParseFrom(answer.Span).Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_a_D_Bus_error_with_a_sentence()
    {
        await using var member = new LogMethods(new GetVmLogs(_directories, TimeProvider.System), TimeProvider.System);

        var error = await Assert.ThrowsAsync<DBusException>(() => AskAsync(member, "a\nb"));

        Assert.Equal(BusErrors.Failed, error.Name);
        Assert.Contains("control characters", error.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<ReadOnlyMemory<byte>> AskAsync(LogMethods member, string name) =>
        member.AnswerAsync(new GetVmLogsRequest { OwnerId = "abc", Name = name }, Cancel);

    private string Write(int lines)
    {
        var all = new ArrayBufferWriter<byte>();
        for (var line = 0; line < lines; line++)
        {
            new StoredLine(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)
                .AddMilliseconds(line), 5, 33, Encoding.UTF8.GetBytes($"line {line}")).WriteTo(all);
        }

        File.WriteAllBytes(_places.FileOf(LogSource.Console), all.WrittenSpan.ToArray());
        return Encoding.UTF8.GetString(all.WrittenSpan);
    }
}
