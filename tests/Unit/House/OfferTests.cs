using System.Reflection;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using VmTools.Protocol.Messages;
using Xunit;

namespace VmTools.Unit.House;

/// <summary>Every RPC and D-Bus method of the contract is served by a program or stands, with its reason, in docs/not-offered.tsv.</summary>
public sealed partial class OfferTests
{
    private static readonly Assembly[] Programs = [Assembly.Load("VmTools.Host"), Assembly.Load("vmtools-guest")];

    private static readonly HashSet<string> NotOffered =
    [
        .. File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "not-offered.tsv"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t')[1]),
    ];

    public static TheoryData<string> Rpcs { get; } =
    [
        .. Descriptors().SelectMany(file => file.Services).SelectMany(service => service.Methods)
            .Select(method => $"{method.Service.FullName}/{method.Name}")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The members of the original's interfaces, one a line behind the interface's name.</summary>
    public static TheoryData<string> Methods { get; } =
    [
        .. File.ReadAllLines(Path.Combine(SourceTree.Root, "tests", "Unit", "House", "dbus-methods.tsv")).Select(line => line.Replace('\t', '.')),
    ];

    private static HashSet<string> Served { get; } =
    [
        .. MembersOf("org.chromium.VmConcierge", "src/Host/Concierge/Api/ConciergeObject.cs"),
        .. MembersOf("org.chromium.VmCicerone", "src/Host/Cicerone/Api/CiceroneObject.cs"),
    ];

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
        Assert.NotEqual(NotOffered.Contains(method), Served.Contains(method));
    }

    [Fact]
    public void Nothing_unknown_is_listed_as_not_offered()
    {
        HashSet<string> known = [.. Rpcs.Select(row => row.Data), .. Methods.Select(row => row.Data)];

        Assert.Empty(NotOffered.Except(known));
    }

    private static IEnumerable<string> MembersOf(string @interface, string file) =>
        ServedMember().Matches(SourceTree.Files.Single(source => source.Path == file).Text).Select(match => $"{@interface}.{match.Groups[1].Value}");

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

    [GeneratedRegex("yield return (?:new Served)?Method\\(\"(\\w+)\"")]
    private static partial Regex ServedMember();
}
