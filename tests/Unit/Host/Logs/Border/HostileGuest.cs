using Grpc.Core;
using VmTools.Protocol.Grpc;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Logs.Border;

/// <summary>A guest that holds what it can get of the log collector, and what must hold meanwhile.</summary>
internal sealed class HostileGuest : IAsyncDisposable
{
    private const long MostMemory = 64L << 20;
    private const int MostLines = 10;
    private const int MaxFrame = 16 * 1024;

    public static readonly (string Name, string Value)[] Call = RawHttp2.With(":path", "/vm_tools.LogCollector/CollectUserLogs");

    private readonly List<RawHttp2> _held = [];
    private readonly List<Task> _floods = [];
    private readonly long _memory = GC.GetTotalMemory(forceFullCollection: true);

    private HostileGuest(ServedCollector served) => Served = served;

    public ServedCollector Served { get; }

    public IReadOnlyList<RawHttp2> Held => _held;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<HostileGuest> StartAsync() => StartAsync(options => options);

    public static async Task<HostileGuest> StartAsync(Func<GrpcServerOptions, GrpcServerOptions> change) =>
        new(await ServedCollector.StartAsync(change));

    public async Task<RawHttp2> HoldAsync(bool withPreface = false)
    {
        var raw = await Served.DialAsync();
        _held.Add(raw);
        if (withPreface)
        {
            await raw.SendPrefaceAsync();
        }

        return raw;
    }

    /// <summary>Goes on until it is refused or the test is over.</summary>
    public Task Flood(Func<Task> flood)
    {
        _floods.Add(Unless(Refused, flood));
        return _floods[^1];
    }

    /// <summary>The other VM's record is taken in time, little is held for this guest, and the daemon's log is short and tells of no defect.</summary>
    public async Task OthersAreServedAsync()
    {
        var before = Served.Lines("other").Length;

        await Served.OtherVm.CollectUserLogsAsync(ServedCollector.Request("still here"), Soon());

        Assert.Equal(before + 1, Served.Lines("other").Length);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - _memory, long.MinValue, MostMemory);
        Assert.InRange(Served.Log.Count, 0, MostLines);
        Assert.DoesNotContain(Served.Log, line => line.Contains("defect", StringComparison.Ordinal));
    }

    public async Task<string> StatusOfAsync((string Name, string Value)[] headers, byte[] body)
    {
        await using var raw = await Served.DialAsync();
        await raw.SendPrefaceAsync();
        await raw.SendHeadersAsync(1, headers);
        // More than the window of a stream is never sent: the answer comes first.
        foreach (var part in body.Take(60_000).Chunk(MaxFrame))
        {
            await raw.SendDataAsync(1, part, isLast: false);
        }

        await raw.SendDataAsync(1, []);
        return (await raw.ReadAnswerAsync(1, Cancel).InTime())["grpc-status"];
    }

    /// <summary>The server closes when it has had enough, and we when the test is over.</summary>
    public static bool Refused(Exception failure) => failure is IOException or ObjectDisposedException or OperationCanceledException;

    public static async Task Unless(Func<Exception, bool> expected, Func<Task> attack)
    {
        try
        {
            await attack();
        }
        catch (Exception failure) when (expected(failure))
        {
            // As it should be.
        }
    }

    public static CallOptions Soon() => new(deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancel);

    public async ValueTask DisposeAsync()
    {
        foreach (var raw in _held)
        {
            await raw.DisposeAsync();
        }

        await Task.WhenAll(_floods);
        await Served.DisposeAsync();
    }
}
