using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Cicerone;
using VmTools.Host.Cicerone.Api;
using VmTools.Host.Cicerone.Crashes;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.CrashStore;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Unit.Host.Hostile;
using VmTools.Unit.Linux;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Cicerone;

/// <summary>
/// The port on which guests tell of crashes, as a guest meets it: gRPC from a CID of its own, files on a real disk, time as the test says.
/// </summary>
internal sealed class CrashBench : IGuestPort
{
    public const string Owner = "0123456789abcdef";

    private static readonly VsockAddress Address = new(Cid.Host, Ports.CrashListener);

    private readonly TemporaryDirectory _directory = new();
    private readonly List<GrpcChannel> _channels = [];
    private readonly CrashReports _store;
    private readonly UploadHook? _hook;
    private readonly GrpcServer _server;
    private CrashListener.CrashListenerClient? _other;

    private CrashBench(CrashSettings settings, string? state, Func<GrpcServerOptions, GrpcServerOptions> change)
    {
        Directories = new InstanceDirectories(_directory.File("run"), state ?? _directory.File("state"), _directory.File("image"));
        Directory.CreateDirectory(Directories.Records);
        Consent = new ConsentFile(_directory.File("config/crash.consent"));
        _store = new CrashReports(Directories, settings.Limits, Clock);
        _hook = settings.UploadHook is { } path
            ? new UploadHook(path, settings.UploadLimit, Counters, TimeProvider.System, NullLogger.Instance)
            : null;
        var intake = new ReportIntake(new VmLookup(Vms, new RunningVms(Directories.Records)), Consent, _store, Clock, "A Host");
        var service = new CrashListenerService(
            new TakeCrash(intake, settings.Limits, new VmAllowance(settings.ReportBurst, settings.ReportsPerHour, Clock)),
            new TakeFailure(intake, new VmAllowance(settings.ReportBurst, settings.ReportsPerHour, Clock)),
            Consent,
            new ReportEvents(Told.Add, _hook, Counters, new RefusalThrottle(Clock), Log));
        Limits = CiceroneComposition.LimitsFor(settings.Limits);
        var options = new GrpcServerOptions
        {
            Listener = Vsock.ListenAsync(Ports.CrashListener, CancellationToken.None).AsTask().Result,
            Services = [binder => CrashListener.BindService(binder, service)],
            AcceptPeer = static cid => cid.IsGuest,
            Logger = Log,
            Clock = TimeProvider.System,
            Limits = Limits,
        };
        _server = GrpcServer.StartAsync(change(options), CancellationToken.None).Result;
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 28, 16, 32, 8, TimeSpan.Zero));

    public InstanceDirectories Directories { get; }

    public MemoryVsock Vsock { get; } = new();

    public VmTable Vms { get; } = new();

    public ConsentFile Consent { get; }

    public CiceroneCounters Counters { get; } = new();

    public LineList Log { get; } = new();

    public List<StoredReport> Told { get; } = [];

    public CiceroneStatus Status => Counters.Read(Vms.Count);

    /// <summary>All files of reports, by their names.</summary>
    public string[] Files => Directory.Exists(Directories.State)
        ? [.. Directory.GetFiles(Directories.State, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
        : [];

    public GrpcLimits Limits { get; }

    IReadOnlyCollection<string> IGuestPort.Log => Log.Lines;

    /// <summary>Each report that is kept has a line.</summary>
    public int MostLines => CrashSettings.Default.ReportBurst + 10;

    public (string Name, string Value)[] Call { get; } = RawHttp2.With(":path", "/vm_tools.cicerone.CrashListener/SendCrashReport");

    public byte[] Message => Report().ToByteArray();

    /// <param name="settings">The defaults, where the test does not care.</param>
    /// <param name="state">Where the reports go; a directory of its own.</param>
    /// <param name="change">Of the port.</param>
    public static CrashBench Start(
        CrashSettings? settings = null, string? state = null, Func<GrpcServerOptions, GrpcServerOptions>? change = null) =>
        new(settings ?? CrashSettings.Default, state, change ?? (options => options));

    /// <summary>A VM of that name runs, and vm_concierge's record says so.</summary>
    public CrashBench Run(string name, uint cid)
    {
        new VmRecords(Directories.Records, "this-boot", NullLogger.Instance).Write(
            new VmRecord { Owner = Owner, Name = name, Cid = cid, BootId = "this-boot", ControlSocket = "/none" });
        return this;
    }

    public CrashListener.CrashListenerClient Guest(uint cid)
    {
        var channel = GrpcVsock.OpenChannel(Vsock.As(new Cid(cid)), Address);
        _channels.Add(channel);
        return new CrashListener.CrashListenerClient(channel);
    }

    /// <summary>A guest that speaks HTTP/2 itself, after its greeting.</summary>
    public async Task<RawHttp2> RawGuestAsync(uint cid)
    {
        var guest = await DialAsync(cid);
        await guest.SendPrefaceAsync();
        return guest;
    }

    /// <summary>The VM "dev", CID 40.</summary>
    public Task<RawHttp2> DialAsync() => DialAsync(40);

    /// <summary>A report of the VM "other", CID 41, is stored in time.</summary>
    public async Task ServeOtherAsync()
    {
        var before = Stored("other").Count;
        await (_other ??= Guest(41)).SendCrashReportAsync(Report(), HostileGuest.Soon());
        Assert.Equal(before + 1, Stored("other").Count);
    }

    public async Task SendAsync(uint cid, CrashReport report) => await Guest(cid).SendCrashReportAsync(report, Soon());

    public async Task<StatusCode> RefusedAsync(uint cid, CrashReport report) =>
        (await Assert.ThrowsAsync<RpcException>(() => SendAsync(cid, report))).StatusCode;

    public static CallOptions Soon() => new([], DateTime.UtcNow.AddSeconds(60), TestContext.Current.CancellationToken);

    public static CrashReport Report(int dumpBytes = 4, params (string Key, string Value)[] metadata)
    {
        var report = new CrashReport { Minidump = ByteString.CopyFrom(new byte[dumpBytes]), ProcessTree = "### Process 12\n" };
        foreach (var (key, value) in metadata)
        {
            report.Metadata[key] = value;
        }

        return report;
    }

    public string DirectoryOf(string name) => CrashDirectory.Of(Directories, VmId.Parse(Owner, name)).Path;

    public IReadOnlyList<StoredReport> Stored(string name)
    {
        var id = VmId.Parse(Owner, name);
        return [.. CrashDirectory.Of(Directories, id).ReportsOf(id).OrderBy(report => report.Id.Value, StringComparer.Ordinal)];
    }

    public string FileBeside(string name) => _directory.File(name);

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await _server.DisposeAsync();
        await (_hook?.DisposeAsync() ?? ValueTask.CompletedTask);
        _store.Dispose();
        _directory.Dispose();
    }

    private async Task<RawHttp2> DialAsync(uint cid) =>
        new(await Vsock.As(new Cid(cid)).ConnectAsync(Address, TestContext.Current.CancellationToken));

    /// <summary>What the daemon logs, a line each.</summary>
    internal sealed class LineList : ILogger
    {
        private readonly Lock _lock = new();
        private readonly List<string> _lines = [];

        public string[] Lines
        {
            get
            {
                lock (_lock)
                {
                    return [.. _lines];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lock)
            {
                _lines.Add($"{logLevel}: {formatter(state, exception)}");
            }
        }
    }
}
