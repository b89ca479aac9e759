using System.Reflection;
using Google.Protobuf.Reflection;

namespace VmTools.Unit.Protocol;

/// <summary>
/// The wire as a set of facts, one a line: kind, full name, number or package, type or request, label or answer. wire.tsv
/// holds what other programs rely on; the generated descriptors hold what we speak.
/// </summary>
internal static class WireTable
{
    /// <summary>The facts that other programs rely on.</summary>
    public static SortedSet<string> Expected()
    {
        using var stream = typeof(WireTable).Assembly.GetManifestResourceStream("wire.tsv")!;
        using var reader = new StreamReader(stream);
        return Facts(reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The facts of every generated file of the Protocol room.</summary>
    public static SortedSet<string> Declared() => Facts(Files().SelectMany(Describe));

    private static SortedSet<string> Facts(IEnumerable<string> lines) => new(lines, StringComparer.Ordinal);

    private static IEnumerable<FileDescriptor> Files() =>
        typeof(VmTools.Protocol.VmToolsException).Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static))
            .Where(property => property?.PropertyType == typeof(FileDescriptor))
            .Select(property => (FileDescriptor)property!.GetValue(null)!);

    private static IEnumerable<string> Describe(FileDescriptor file) =>
    [
        Fact("file", file.Name, file.Package, file.ToProto().Syntax, ""),
        .. file.EnumTypes.SelectMany(Describe),
        .. file.MessageTypes.SelectMany(Describe),
        .. file.Services.SelectMany(service => service.Methods).Select(Describe),
    ];

    private static IEnumerable<string> Describe(EnumDescriptor type) =>
    [
        Fact("enum", type.FullName, "", "", ""),
        .. type.Values.Select(value => Fact("value", $"{type.FullName}.{value.Name}", $"{value.Number}", "", "")),
    ];

    private static IEnumerable<string> Describe(MessageDescriptor type)
    {
        if (type.IsMapEntry)
        {
            return [Fact("map", type.FullName, "", TypeName(type.Fields[1]), TypeName(type.Fields[2]))];
        }

        return
        [
            Fact("message", type.FullName, "", "", ""),
            .. type.Fields.InDeclarationOrder()
                .Select(field => Fact("field", field.FullName, $"{field.FieldNumber}", TypeName(field), Label(field))),
            .. type.EnumTypes.SelectMany(Describe),
            .. type.NestedTypes.SelectMany(Describe),
        ];
    }

    private static string Describe(MethodDescriptor method)
    {
        var streams = method.IsClientStreaming || method.IsServerStreaming ? "stream" : "";
        return Fact("rpc", $"{method.Service.FullName}/{method.Name}", streams, method.InputType.FullName, method.OutputType.FullName);
    }

    private static string TypeName(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.FullName,
        FieldType.Enum => field.EnumType.FullName,
        var scalar => scalar.ToString().ToLowerInvariant(),
    };

    private static string Label(FieldDescriptor field)
    {
        var label = field.IsRepeated || field.IsMap ? "repeated"
            : field.RealContainingOneof is { } oneof ? $"oneof {oneof.Name}"
            : field.ContainingOneof is not null ? "optional"
            : "";
        return field.GetOptions()?.Deprecated == true ? $"{label} deprecated" : label;
    }

    private static string Fact(string kind, string name, string number, string first, string second) =>
        string.Join('\t', kind, name, number, first, second);
}
