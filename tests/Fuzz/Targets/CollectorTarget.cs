using System.Buffers;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Fuzz.Inputs;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Instance;
using VmTools.Host.LogForwarder.Api;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;

namespace VmTools.Fuzz.Targets;

/// <summary>
/// The log collector with its files: an input says which settings there are, which VM calls what with which bytes, when time passes and
/// when a VM stops. Every call gets the status that <see cref="CollectorModel"/> expects, files hold whole lines and nothing that was not
/// sent, and what is missing is told and counted exactly.
/// </summary>
internal sealed class CollectorTarget : IFuzzTarget
{
    private const string Owner = "0123456789abcdef";
    private const string Spool = "00112233445566778899aabbccddeeff";
    private const string OtherSpool = "ffeeddccbbaa99887766554433221100";
    private const int MostWaits = 500;
    private const int WaitsPerLook = 10;

    /// <summary>Beyond the numbers of gRPC's statuses.</summary>
    private const int TimePassed = 20;
    private const int Stopped = 21;

    private static readonly DateTimeOffset Now = new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero);
    private static readonly (string Name, Cid Cid)[] Known = [("dev", new Cid(40)), ("other", new Cid(41))];
    private static readonly Cid Unknown = new(42);

    private readonly string _root = Directory.CreateTempSubdirectory("vmfuzz").FullName;
    private readonly InstanceDirectories _directories;

    public CollectorTarget()
    {
        _directories = new InstanceDirectories(Path.Combine(_root, "run"), Path.Combine(_root, "state"), Path.Combine(_root, "image"));
        Directory.CreateDirectory(_directories.Records);
        foreach (var (name, cid) in Known)
        {
            new VmRecords(_directories.Records, "this-boot", NullLogger.Instance).Write(
                new VmRecord { Owner = Owner, Name = name, Cid = cid.Value, BootId = "this-boot", ControlSocket = "/none" });
        }
    }

    public int MaxInput => 4096;

    public IReadOnlyList<byte[]> Seeds { get; } = [.. CollectorSeeds.All()];

    public IReadOnlyList<byte[]> Tokens { get; } =
    [
        [0x0a], [0x0a, 0x00], [0x08, 0x07], [0x12, 0x06, 0x08, 0x80, 0x80, 0x80, 0x80, 0x10], [0x2a, 0x01, (byte)'x'],
            [0x2a, 0x80, 0x80, 0x80, 0x80, 0x08],
        [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x0b], [0x0c], [0x1b, (byte)'['], .. CollectorSeeds.Steps(),
    ];

    public int Run(ReadOnlySpan<byte> input)
    {
        var script = new ScriptReader(input);
        var settings = SettingsOf(script.Byte());
        var clock = new FakeTimeProvider(Now);
        var counters = new ForwarderCounters();
        var models = Known.ToDictionary(vm => vm.Cid, vm => new CollectorModel(vm.Cid));
        try
        {
            var collect = new CollectLogs(_directories, settings, counters, syslog: null, clock);
            var binder = new MethodBinder();
            LogCollector.BindService(binder, new LogCollectorService(collect));
            var outcomes = 0;
            while (!script.IsEnd)
            {
                outcomes |= 1 << Step(ref script, collect, binder, models, clock);
            }

            Await(collect.DisposeAsync().AsTask(), clock);
            var missing = models.Sum(model => FilesOf(model.Key).Sum(file => model.Value.Compare(file.Source, file.Written)));
            BrokenInvariantException.Unless(
                missing == counters.Read().DroppedRecords, $"{missing} records are missing, {counters.Read().DroppedRecords} are counted");
            return (outcomes << 1) | (missing > 0 ? 1 : 0);
        }
        finally
        {
            if (Directory.Exists(_directories.State))
            {
                Directory.Delete(_directories.State, recursive: true);
            }
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>No file is deleted for its number, so that what is missing was dropped.</summary>
    private static LogSettings SettingsOf(byte choice) => new()
    {
        RecordsPerSecond = (choice & 1) == 0 ? 0 : 1,
        BytesPerSecond = (choice & 2) == 0 ? 0 : 100,
        FileTime = (choice & 4) == 0 ? FileTime.Rfc3339 : FileTime.Rfc3164,
        Files = new LogFileLimits { KeptFiles = int.MaxValue - 1, MaxFileBytes = (choice & 8) == 0 ? 1 << 20 : 512 },
    };

    /// <summary>Which of a few things happened, as a small number.</summary>
    private static int Step(
        ref ScriptReader script, CollectLogs collect, MethodBinder binder, Dictionary<Cid, CollectorModel> models, FakeTimeProvider clock)
    {
        var step = script.Byte();
        var peer = (step & 3) < Known.Length ? Known[step & 3].Cid : Unknown;
        if ((step & 3) == 3)
        {
            clock.Advance(TimeSpan.FromMilliseconds(script.Byte() * 20));
            return TimePassed;
        }

        if ((step & 0x20) != 0)
        {
            Await(collect.StoppedAsync(peer), clock);
            return Stopped;
        }

        var source = (step & 4) == 0 ? LogSource.User : LogSource.Kernel;
        var batch = BatchOf((step >> 3) & 3, ref script);
        var request = script.Bytes();
        var expected = CollectorModel.StatusOf(request, batch, models.ContainsKey(peer), out var parsed);
        var method = (IUnaryMethod)binder.Methods[$"/vm_tools.LogCollector/Collect{source}Logs"];
        var status = StatusOf(
            method.InvokeAsync(new ReadOnlySequence<byte>(request.ToArray()), new CollectorCallContext(peer, batch)), clock);
        BrokenInvariantException.Unless(status == expected, $"the status is {status}, expected {expected}");
        if (status == StatusCode.OK)
        {
            models[peer].Taken(source, batch, parsed!);
        }

        return (int)status;
    }

    private static string? BatchOf(int kind, ref ScriptReader script) => kind switch
    {
        0 => null,
        1 => $"{Spool}-{script.Byte()}",
        2 => $"{OtherSpool}-{script.Byte()}",
        _ => script.Text(36),
    };

    private static StatusCode StatusOf(Task call, FakeTimeProvider clock)
    {
        try
        {
            Await(call, clock);
            return StatusCode.OK;
        }
        catch (RpcException refused)
        {
            return refused.StatusCode;
        }
    }

    /// <summary>Whatever is waited for is waited for on this clock, and not for long.</summary>
    private static void Await(Task task, FakeTimeProvider clock)
    {
        for (var waits = 0; !task.IsCompleted && waits < MostWaits; waits++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            if (waits % WaitsPerLook == WaitsPerLook - 1 && !task.IsCompleted)
            {
                // What goes on in a thread of the pool needs real time.
                _ = Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System)).GetAwaiter().GetResult();
            }
        }

        BrokenInvariantException.Unless(task.IsCompleted, "it ends within seconds");
        task.GetAwaiter().GetResult();
    }

    private IEnumerable<(LogSource Source, byte[] Written)> FilesOf(Cid cid)
    {
        var name = Known.First(vm => vm.Cid == cid).Name;
        var id = VmId.Parse(Owner, name);
        var places = VmLogPaths.Of(_directories, id);
        return new[] { LogSource.Kernel, LogSource.User }.Select(source =>
            (source, RotatedFiles.Existing(places.FileOf(source)).SelectMany(File.ReadAllBytes).ToArray()));
    }
}
