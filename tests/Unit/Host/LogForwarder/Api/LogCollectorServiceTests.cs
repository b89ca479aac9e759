using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Instance;
using VmTools.Host.LogForwarder.Api;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Wire;
using VmTools.Unit.Linux;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Api;

/// <summary>The port on which guests send their logs, as a guest meets it: gRPC from a CID of its own, files on a real disk.</summary>
public sealed class LogCollectorServiceTests : IAsyncLifetime
{
    private const string Owner = "0123456789abcdef";
    private const string Spool = "00112233445566778899aabbccddeeff";

    private static readonly DateTimeOffset Now = new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero);
    private static readonly VsockAddress Address = new(Cid.Host, Ports.LogCollector);

    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryVsock _vsock = new();
    private readonly ForwarderCounters _counters = new();
    private readonly List<GrpcChannel> _channels = [];
    private readonly InstanceDirectories _directories;
    private CollectLogs? _collect;
    private GrpcServer? _server;

    public LogCollectorServiceTests()
    {
        _directories = new InstanceDirectories(_directory.File("run"), _directory.File("state"), _directory.File("image"));
        Directory.CreateDirectory(_directories.Records);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _collect = new CollectLogs(_directories, LogSettings.Default, _counters, syslog: null, new FakeTimeProvider(Now));
        var service = new LogCollectorService(_collect);
        _server = await GrpcServer.StartAsync(
            new GrpcServerOptions
            {
                Listener = await _vsock.ListenAsync(Ports.LogCollector, Cancel),
                Services = [binder => LogCollector.BindService(binder, service)],
                AcceptPeer = static cid => cid.IsGuest,
                Logger = NullLogger.Instance,
                Clock = TimeProvider.System,
            },
            Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await _server!.DisposeAsync();
        await _collect!.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Records_go_to_the_file_of_their_kind_of_the_vm_that_has_the_cid()
    {
        Run("dev", 40);
        Run("other", 41);

        await Guest(40).CollectKernelLogsAsync(Request("a kernel"), Soon());
        await Guest(40).CollectUserLogsAsync(Request("a program"), Soon());
        await Guest(41).CollectUserLogsAsync(Request("VM(40): another's"), Soon());

        Assert.Equal(["2026-11-24T01:02:03.000000Z <14>  VM(40): a kernel"], Lines("dev", "kern.log"));
        Assert.Equal(["2026-11-24T01:02:03.000000Z <14>  VM(40): a program"], Lines("dev", "user.log"));
        Assert.Equal(["2026-11-24T01:02:03.000000Z <14>  VM(41): VM(40): another's"], Lines("other", "user.log"));
    }

    [Theory]
    [InlineData(LogSeverity.Emergency, "<8>")]
    [InlineData(LogSeverity.Debug, "<15>")]
    [InlineData(LogSeverity.Missing, "<13>")]
    [InlineData((LogSeverity)9, "<13>")]
    [InlineData((LogSeverity)(-1), "<13>")]
    public async Task A_severity_that_is_not_known_is_a_notice(LogSeverity severity, string priority)
    {
        Run("dev", 40);

        await Guest(40)
            .CollectUserLogsAsync(
            new LogRequest { Records = { new LogRecord { Severity = severity, Content = ByteString.CopyFromUtf8("x") } } }, Soon());

        Assert.Equal($"2026-11-24T01:02:03.000000Z {priority}  VM(40): x", Assert.Single(Lines("dev", "user.log")));
    }

    [Fact]
    public async Task A_guest_of_no_known_vm_is_told_to_keep_its_records_until_the_vm_is_known()
    {
        await RefusedAsync(StatusCode.Unavailable, Guest(40).CollectUserLogsAsync(Request("kept"), Soon()));
        Assert.Equal(1, _counters.Read().UnknownCalls);
        Run("dev", 40);

        await Guest(40).CollectUserLogsAsync(Request("kept"), Soon());

        Assert.Single(Lines("dev", "user.log"));
    }

    [Fact]
    public async Task A_batch_whose_answer_was_missed_is_taken_once()
    {
        Run("dev", 40);

        await Guest(40).CollectUserLogsAsync(Request("once"), Soon($"{Spool}-1"));
        await Guest(40).CollectUserLogsAsync(Request("once"), Soon($"{Spool}-1"));
        await Guest(40).CollectUserLogsAsync(Request("twice"), Soon($"{Spool}-2"));

        Assert.Equal(2, Lines("dev", "user.log").Length);
        Assert.Equal(1, _counters.Read().RepeatedBatches);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("00112233445566778899aabbccddeeff-")]
    [InlineData("00112233445566778899aabbccddeeff-0")]
    [InlineData("00112233445566778899aabbccddeefg-1")]
    [InlineData("00112233445566778899aabbccddeeff-18446744073709551616")]
    public async Task A_malformed_name_of_a_batch_is_refused_and_nothing_written(string name)
    {
        Run("dev", 40);

        await RefusedAsync(StatusCode.InvalidArgument, Guest(40).CollectUserLogsAsync(Request("x"), Soon(name)));

        Assert.False(Directory.Exists(Path.Combine(_directories.State, Owner)));
    }

    [Fact]
    public async Task Where_there_is_no_room_the_guest_is_told_so()
    {
        Run("dev", 40);
        await File.WriteAllTextAsync(_directories.State, "in the way", Cancel);

        await RefusedAsync(StatusCode.ResourceExhausted, Guest(40).CollectUserLogsAsync(Request("kept"), Soon($"{Spool}-1")));
    }

    private static async Task RefusedAsync(StatusCode code, AsyncUnaryCall<EmptyMessage> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);

    private static LogRequest Request(string text) => new()
    {
        Records =
        {
            new LogRecord
            {
                Severity = LogSeverity.Info,
                Timestamp = new Timestamp { Seconds = Now.ToUnixTimeSeconds() },
                Content = ByteString.CopyFromUtf8(text),
            },
        },
    };

    private static CallOptions Soon(string? batch = null) =>
        new(batch is null ? [] : new Metadata { { BatchHeader.Name, batch } }, DateTime.UtcNow.AddSeconds(30), Cancel);

    private LogCollector.LogCollectorClient Guest(uint cid)
    {
        var channel = GrpcVsock.OpenChannel(_vsock.As(new Cid(cid)), Address);
        _channels.Add(channel);
        return new LogCollector.LogCollectorClient(channel);
    }

    private void Run(string name, uint cid) => new VmRecords(_directories.Records, "this-boot", NullLogger.Instance).Write(
        new VmRecord { Owner = Owner, Name = name, Cid = cid, BootId = "this-boot", ControlSocket = "/none" });

    private string[] Lines(string name, string file) =>
        File.ReadAllLines(Path.Combine(_directories.State, Owner, "log", VmId.Parse(Owner, name).Name.FileName, file));
}
