using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Host.LogForwarder;
using VmTools.Host.LogForwarder.Api;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.Host.Hostile;
using VmTools.Unit.Linux;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Api;

/// <summary>
/// The forwarder's port with the forwarder's limits, files on a real disk, two VMs, and what the daemon would have logged.
/// </summary>
internal sealed class ServedCollector : IGuestPort
{
    public static readonly Cid Hostile = new(66);
    public static readonly Cid Other = new(40);

    public static readonly (string Name, string Value)[] UserLogs = RawHttp2.With(":path", "/vm_tools.LogCollector/CollectUserLogs");

    private const string Owner = "0123456789abcdef";

    private static readonly VsockAddress Address = new(Cid.Host, Ports.LogCollector);

    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryVsock _vsock = new();
    private readonly ConcurrentQueue<string> _log = [];
    private readonly List<GrpcChannel> _channels = [];
    private readonly InstanceDirectories _directories;
    private readonly CollectLogs _collect;
    private GrpcServer? _server;
    private LogCollector.LogCollectorClient? _other;

    private ServedCollector()
    {
        _directories = new InstanceDirectories(_directory.File("run"), _directory.File("state"), _directory.File("image"));
        Directory.CreateDirectory(_directories.Records);
        _collect = new CollectLogs(_directories, LogSettings.Default, Counters, syslog: null, TimeProvider.System);
        Run("hostile", Hostile);
        Run("other", Other);
    }

    public ForwarderCounters Counters { get; } = new();

    public IReadOnlyCollection<string> Log => _log;

    public int MostLines => 10;

    public GrpcLimits Limits => LogForwarderDaemon.Limits;

    public (string Name, string Value)[] Call => UserLogs;

    public byte[] Message => Request("x").ToByteArray();

    public LogCollector.LogCollectorClient OtherVm => _other ??= Guest(Other);

    public static Task<ServedCollector> StartAsync() => StartAsync(options => options);

    public static async Task<ServedCollector> StartAsync(Func<GrpcServerOptions, GrpcServerOptions> change)
    {
        var served = new ServedCollector();
        var service = new LogCollectorService(served._collect);
        var options = new GrpcServerOptions
        {
            Listener = await served._vsock.ListenAsync(Ports.LogCollector, CancellationToken.None),
            Services = [binder => LogCollector.BindService(binder, service)],
            AcceptPeer = static cid => cid.IsGuest,
            Logger = new LineLog(line => served._log.Enqueue(Encoding.UTF8.GetString(line)), "test", TimeProvider.System),
            Clock = TimeProvider.System,
            Limits = LogForwarderDaemon.Limits,
        };
        served._server = await GrpcServer.StartAsync(change(options), CancellationToken.None);
        return served;
    }

    public LogCollector.LogCollectorClient Guest(Cid cid)
    {
        var channel = GrpcVsock.OpenChannel(_vsock.As(cid), Address);
        _channels.Add(channel);
        return new LogCollector.LogCollectorClient(channel);
    }

    /// <summary>The other VM calls on a connection of its own and hangs up.</summary>
    public async Task CallOnceAsync(LogRequest request, CallOptions options)
    {
        using var channel = GrpcVsock.OpenChannel(_vsock.As(Other), Address);
        await new LogCollector.LogCollectorClient(channel).CollectUserLogsAsync(request, options);
    }

    /// <summary>A connection of the hostile guest without any client on it.</summary>
    public async Task<RawHttp2> DialAsync() => new(await _vsock.As(Hostile).ConnectAsync(Address, CancellationToken.None));

    /// <summary>The other VM's record is taken in time.</summary>
    public async Task ServeOtherAsync()
    {
        var before = Lines("other").Length;
        await OtherVm.CollectUserLogsAsync(Request("still here"), HostileGuest.Soon());
        Assert.Equal(before + 1, Lines("other").Length);
    }

    public static LogRequest Request(params string[] texts) => new()
    {
        Records = { texts.Select(text => new LogRecord { Severity = LogSeverity.Info, Content = ByteString.CopyFromUtf8(text) }) },
    };

    public string[] Lines(string vm, string file = "user.log")
    {
        var path = Path.Combine(_directories.State, Owner, "log", VmId.Parse(Owner, vm).Name.FileName, file);
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await _server!.DisposeAsync();
        await _collect.DisposeAsync();
        _directory.Dispose();
    }

    private void Run(string name, Cid cid) => new VmRecords(_directories.Records, "this-boot", NullLogger.Instance).Write(
        new VmRecord { Owner = Owner, Name = name, Cid = cid.Value, BootId = "this-boot", ControlSocket = "/none" });
}
