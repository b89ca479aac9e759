using System.Reflection;
using Google.Protobuf.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone;
using VmTools.Host.Concierge;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Protocol.Messages;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.House;

/// <summary>
/// Every RPC and D-Bus method of the contract is served by a program or stands, with its reason, in docs/not-offered.tsv. What is served on
/// the bus is read from the objects that the programs serve.
/// </summary>
public sealed class OfferTests(OfferTests.ServedObjects objects) : IClassFixture<OfferTests.ServedObjects>
{
    private static readonly Assembly[] Programs = [Assembly.Load("VmTools.Host"), Assembly.Load("vmtools-guest")];

    private static readonly HashSet<string> NotOffered =
    [
        .. File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "not-offered.tsv"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t')[1]),
    ];

    /// <summary>
    /// The methods of the original's interfaces: interface, method, and the signatures of what goes in and out, a hyphen for nothing.
    /// </summary>
    private static readonly string[][] Contract =
    [
        .. File.ReadAllLines(Path.Combine(SourceTree.Root, "tests", "Unit", "House", "dbus-methods.tsv")).Select(line => line.Split('\t')),
    ];

    public static TheoryData<string> Rpcs { get; } =
    [
        .. Descriptors().SelectMany(file => file.Services).SelectMany(service => service.Methods)
            .Select(method => $"{method.Service.FullName}/{method.Name}")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The methods of the original's interfaces, behind the interface's name.</summary>
    public static TheoryData<string> Methods { get; } = [.. Contract.Select(row => $"{row[0]}.{row[1]}")];

    [Theory]
    [MemberData(nameof(Rpcs))]
    public void An_rpc_is_either_served_or_listed_as_not_offered(string rpc)
    {
        Assert.NotEqual(NotOffered.Contains(rpc), IsServed(rpc));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_method_on_the_bus_is_either_served_or_listed_as_not_offered(string method)
    {
        Assert.NotEqual(NotOffered.Contains(method), objects.Served.Any(row => $"{row[0]}.{row[1]}" == method));
    }

    [Fact]
    public void What_is_served_under_an_originals_name_takes_and_returns_what_the_original_does()
    {
        string[] originals = [.. Contract.Select(row => row[0]).Distinct()];
        var served = objects.Served.Where(row => originals.Contains(row[0])).Select(row => string.Join(' ', row)).ToArray();

        Assert.NotEmpty(served);
        Assert.Empty(served.Except(Contract.Select(row => string.Join(' ', row))));
    }

    [Fact]
    public void Nothing_unknown_is_listed_as_not_offered()
    {
        HashSet<string> known = [.. Rpcs.Select(row => row.Data), .. Methods.Select(row => row.Data)];

        Assert.Empty(NotOffered.Except(known));
    }

    private static bool IsServed(string rpc)
    {
        var (service, method) = (rpc.Split('/')[0].Split('.')[^1], rpc.Split('/')[1]);
        return Programs.SelectMany(program => program.GetTypes()).Any(type =>
            type.BaseType?.Name == $"{service}Base"
            && type.GetMethod(method, BindingFlags.Public | BindingFlags.Instance)?.DeclaringType == type);
    }

    private static IEnumerable<FileDescriptor> Descriptors() =>
        typeof(VmGuestReflection).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>();

    /// <summary>
    /// What vm_concierge and vm_cicerone serve on the bus, put together as the programs do it, but with no bus and no reaper of processes:
    /// no method is called.
    /// </summary>
    public sealed class ServedObjects : IAsyncLifetime
    {
        private readonly TemporaryDirectory _directory = new();
        private ConciergeComposition? _concierge;
        private CiceroneComposition? _cicerone;

        /// <summary>The methods of all interfaces, in the shape of the contract's rows.</summary>
        public IReadOnlyList<string[]> Served { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            var directories = new InstanceDirectories(_directory.File("run"), _directory.File("state"), _directory.File("image"));
            var instance = new HostInstance(1000, directories, _directory.Path, TimeProvider.System) { Environment = static _ => null };
            _concierge = await ConciergeComposition.ComposeAsync(
                new DaemonProgram(ConciergeBus.Program, instance),
                new ConciergeOptions("no-bus", MemoryMiB: 512),
                bus: null!,
                reaper: null!,
                DaemonRecord.OfThisProcess(ConciergeBus.Program, instance, "no-bus"));
            _cicerone = await CiceroneComposition.ComposeAsync(instance, CrashSettings.Default, bus: null!, NullLogger.Instance);
            ServedObject[] objects =
            [
                _concierge.Object.Build(),
                _cicerone.Object.Build(),
            ];
            Served = [.. objects.SelectMany(served => served.Interfaces).SelectMany(RowsOf)];
        }

        public async ValueTask DisposeAsync()
        {
            await (_concierge?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (_cicerone?.DisposeAsync() ?? ValueTask.CompletedTask);
            _directory.Dispose();
        }

        private static IEnumerable<string[]> RowsOf(ServedInterface served) =>
            served.Methods.Select(method => new[] { served.Name, method.Member, OrHyphen(method.In), OrHyphen(method.Out) });

        private static string OrHyphen(string signature) => signature.Length == 0 ? "-" : signature;
    }
}
