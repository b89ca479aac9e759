using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.CrashCollector.Spooling;
using VmTools.Guest.HostCall;
using VmTools.Linux.Files;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Wire;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Spooling;

/// <summary>The sender against a real server on a vsock without machines.</summary>
public sealed class SpoolSenderTests : IDisposable
{
    private static readonly Cid Vm = new(33);

    private readonly ScratchDirectory _scratch = new();
    private readonly MemoryVsock _vsock = new();
    private readonly FakeListener _host = new();
    private readonly ReportSpool _spool;
    private readonly SpoolSender _sender;

    public SpoolSenderTests()
    {
        _spool = new ReportSpool(_scratch.Path, TimeProvider.System);
        _sender = Sender();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Everything_is_handed_over_the_oldest_first_and_then_gone()
    {
        await using var server = await ServeAsync();
        await AddAsync("one", "two", "three");

        await _sender.RunAsync(Cancel);

        Assert.Equal(["one", "two", "three"], _host.Reports.Select(report => report.Metadata["exec_name"]));
        Assert.Null(_spool.Oldest());
    }

    [Fact]
    public async Task A_minidump_of_a_mebibyte_arrives_byte_for_byte()
    {
        await using var server = await ServeAsync();
        var minidump = new byte[1024 * 1024];
        new Random(1).NextBytes(minidump);
        await _spool.AddAsync(new CrashReport { Minidump = ByteString.CopyFrom(minidump) }.ToByteArray(), Cancel);

        await _sender.RunAsync(Cancel);

        Assert.Equal(minidump, Assert.Single(_host.Reports).Minidump.ToByteArray());
    }

    [Fact]
    public async Task Without_consent_nothing_is_sent_and_nothing_kept()
    {
        await using var server = await ServeAsync();
        _host.IsWanted = false;
        await AddAsync("one", "two");

        await _sender.RunAsync(Cancel);

        Assert.Empty(_host.Reports);
        Assert.Null(_spool.Oldest());
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.PermissionDenied)]
    public async Task A_report_the_host_refuses_for_good_is_dropped_and_told_with_the_next(StatusCode status)
    {
        await using var server = await ServeAsync();
        _host.Answers.Enqueue(status);
        await AddAsync("bad", "good", "better");

        await _sender.RunAsync(Cancel);

        Assert.Equal(
            [("good", "1"), ("better", "")],
            _host.Reports.Select(report =>
                (report.Metadata["exec_name"], report.Metadata.TryGetValue(CrashFields.Dropped, out var count) ? count : "")));
        Assert.Equal(0, _spool.Dropped);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.Internal)]
    public async Task A_report_the_host_cannot_take_now_is_sent_again(StatusCode status)
    {
        await using var server = await ServeAsync();
        _host.Answers.Enqueue(status);
        _host.Answers.Enqueue(status);
        await AddAsync("one");

        await _sender.RunAsync(Cancel);

        Assert.Equal("one", Assert.Single(_host.Reports).Metadata["exec_name"]);
        Assert.Equal(3, _host.Asked);
    }

    [Fact]
    public async Task A_host_that_stays_away_is_given_up_after_a_while_and_the_reports_stay()
    {
        await AddAsync("one");

        await _sender.RunAsync(Cancel);

        Assert.NotNull(_spool.Oldest());
    }

    [Fact]
    public async Task A_host_that_comes_back_gets_what_was_kept_from_the_next_sender()
    {
        await AddAsync("one");
        await _sender.RunAsync(Cancel);

        await using var server = await ServeAsync();
        await Sender().RunAsync(Cancel);

        Assert.Single(_host.Reports);
    }

    [Fact]
    public async Task While_another_collector_sends_there_is_nothing_to_do()
    {
        await using var server = await ServeAsync();
        await AddAsync("one");
        using var other = FileLock.TryTake(_scratch.PathOf("sender.lock"));

        await _sender.RunAsync(Cancel);

        Assert.Empty(_host.Reports);
        Assert.NotNull(_spool.Oldest());
    }

    private SpoolSender Sender() => new(
        _spool,
        new CrashListenerCall(_vsock.As(Vm), TimeProvider.System),
        _scratch.PathOf("sender.lock"),
        new SleeplessClock(),
        NullLogger.Instance);

    private async Task AddAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await _spool.AddAsync(new CrashReport { Metadata = { ["exec_name"] = name } }.ToByteArray(), Cancel);
        }
    }

    private async Task<GrpcServer> ServeAsync() => await GrpcServer.StartAsync(
        new GrpcServerOptions
        {
            Listener = await _vsock.ListenAsync(Ports.CrashListener, Cancel),
            Services = [binder => CrashListener.BindService(binder, _host)],
            AcceptPeer = peer => peer == Vm,
            Logger = NullLogger.Instance,
            Clock = TimeProvider.System,
        },
        Cancel);
}
