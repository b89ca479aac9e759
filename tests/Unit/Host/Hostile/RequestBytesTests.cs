using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Api;
using VmTools.Host.Concierge.Logs;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;
using DiskImage = VmTools.Protocol.Messages.Concierge.DiskImage;

namespace VmTools.Unit.Host.Hostile;

/// <summary>Whatever bytes a caller sends as a request: an answer, or a D-Bus error with a sentence, and never a defect.</summary>
public sealed class RequestBytesTests : IAsyncDisposable
{
    private const int Rounds = 400;

    private readonly ConciergeBench _bench = new();
    private readonly LogMethods _logs;

    public RequestBytesTests() => _logs = new LogMethods(new GetVmLogs(_bench.Directories, _bench.Clock), _bench.Clock);

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _logs.DisposeAsync();
    }

    public static TheoryData<string> Members =>
        ["StartVm", "StopVm", "StopVmWithoutOwnerId", "GetVmInfo", "ListVms", "GetVmLogs", "CreateDiskImage", "DestroyDiskImage",
            "ListVmDisks"];

    [Theory]
    [MemberData(nameof(Members))]
    public async Task Bytes_of_any_kind_are_answered_or_refused_with_a_sentence(string member)
    {
        var random = new Random(member.Length);
        foreach (var method in Build().Interfaces.SelectMany(all => all.Methods).Where(method => method.Member == member))
        {
            for (var round = 0; round < Rounds; round++)
            {
                await AskAsync(method, Bytes(member, random), random);
            }
        }
    }

    private static async Task AskAsync(ServedMethod method, byte[] bytes, Random random)
    {
        using var body = BusBody.Of(bytes).Add(Array.Empty<FdHandle>()).Add((uint)random.Next(3) * 300).Add(false);
        try
        {
            using var answer = await method.Handler(
                new BusRequest(method.Member, new BusCaller(":1.1", 0), body), TestContext.Current.CancellationToken);
        }
        catch (DBusException refused)
        {
            Assert.Contains(refused.Name, new[] { BusErrors.InvalidArgs, BusErrors.Failed });
            Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
        }
        catch (Exception defect)
        {
            Assert.Fail($"{method.Member} of {Convert.ToHexString(bytes)}: {defect}");
        }
    }

    /// <summary>Bytes of chance, and good requests with fields of chance or with a few bytes changed.</summary>
    private static byte[] Bytes(string member, Random random)
    {
        if (random.Next(4) == 0)
        {
            var any = new byte[random.Next(60)];
            random.NextBytes(any);
            return any;
        }

        var bytes = Request(member, random).ToByteArray();
        for (var changes = random.Next(3); changes > 0 && bytes.Length > 0; changes--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return member == "CreateDiskImage" && TakesTheHostsDisk(bytes) ? [] : bytes;
    }

    /// <summary>A change may make a good request of it, for a disk that is really allocated.</summary>
    private static bool TakesTheHostsDisk(byte[] bytes)
    {
        try
        {
            return CreateDiskImageRequest.Parser.ParseFrom(bytes).DiskSize is > (16 << 20) and < (1UL << 60);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static IMessage Request(string member, Random random) => member switch
    {
        "StartVm" => new StartVmRequest
        {
            OwnerId = Owner(random),
            Name = Text(random),
            Cpus = Number(random),
            Timeout = Number(random),
            VmType = (VmInfo.Types.VmType)random.Next(-1, 9),
            WritableRootfs = random.Next(8) == 0,
            KernelParams = { Enumerable.Range(0, random.Next(3)).Select(_ => Text(random)) },
            Disks = { Enumerable.Range(0, random.Next(3))
                .Select(_ => new DiskImage { Path = Path(random), Writable = true, Fstype = Text(random), DoMount = true }) },
        },
        "CreateDiskImage" => new CreateDiskImageRequest
        {
            CryptohomeId = Owner(random),
            VmName = Text(random),
            DiskSize = random.Next(3) switch { 0 => (ulong)random.Next(8 << 20), 1 => ulong.MaxValue - Number(random), _ => 1 << 20 },
            AllocationType = (DiskImageAllocationType)random.Next(-1, 4),
            FilesystemType = (FilesystemType)(random.Next(20) == 0 ? random.Next(-1, 3) : 0),
            VmType = (VmInfo.Types.VmType)random.Next(-1, 9),
        },
        "DestroyDiskImage" => new DestroyDiskImageRequest { CryptohomeId = Owner(random), VmName = Text(random) },
        "ListVmDisks" =>
            new ListVmDisksRequest
            {
                CryptohomeId = Owner(random),
                VmName = Text(random),
                StorageLocation = (StorageLocation)random.Next(3)
            },
        _ => new StopVmRequest { OwnerId = Owner(random), Name = Text(random) },
    };

    private static uint Number(Random random) =>
        random.Next(4) switch { 0 => 0, 1 => 1, 2 => uint.MaxValue, _ => (uint)random.NextInt64(uint.MaxValue) };

    private static string Owner(Random random) => random.Next(8) == 0 ? Text(random) : ConciergeBench.Owner;

    private static string Path(Random random) => random.Next(4) switch
    {
        0 => "",
        1 => "/dev/null",
        2 => $"/tmp/{new string('p', random.Next(6000))}",
        _ => $"/{Text(random)}",
    };

    private static string Text(Random random) => random.Next(8) switch
    {
        0 => "",
        1 => new string('x', random.Next(100)),
        2 => "a\nb",
        3 => "a\0b",
        4 => "../x",
        5 => ".",
        6 => "\u202e\ud83d\ude00",
        _ => "vm",
    };

    private DaemonRecord Self => DaemonRecord.OfThisProcess(
        ConciergeBus.Program, new HostInstance(1000, _bench.Directories, "/bin", TimeProvider.System) { Environment = _ => null },
            "unix:path=/x");

    private ServedObject Build() => new ConciergeObject([.. _bench.MethodGroups, _logs], Self, 0, NullLogger.Instance).Build();
}
