using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace VmTools.Unit.House;

/// <summary>
/// The arrows below the rooms: what each folder of the host's and the guest's programs may name. The table stands in ARCHITECTURE.md,
/// between the comments <c>folders</c> and <c>/folders</c>; whoever wants a new arrow changes it there.
/// </summary>
public sealed class FolderTests
{
    private const string NoWire = "no";

    /// <summary>Namespaces of what travels between processes: D-Bus, gRPC, protobuf.</summary>
    private static readonly string[] WireNamespaces = ["VmTools.DBus", "VmTools.Protocol.Messages", "Grpc", "Google.Protobuf", "Tmds.DBus"];

    private static readonly IReadOnlyList<FolderRow> Rows = ReadTable();

    /// <summary>The types of the sources with their namespaces: a property may be called like a namespace.</summary>
    private static readonly Lazy<HashSet<string>> Types = new(() =>
    [
        .. SourceTree.Source.SelectMany(file => file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
            .SelectMany(declaration => declaration.Members.OfType<BaseTypeDeclarationSyntax>()
                .Select(type => $"{declaration.Name}.{type.Identifier}")),
    ]);

    public static TheoryData<string> Folders { get; } = [.. Rows.Select(row => row.Folder)];

    private static IEnumerable<SourceFile> Governed => SourceTree.Source
        .Where(file => file.Path.StartsWith("src/Host/", StringComparison.Ordinal)
            || file.Path.StartsWith("src/Guest/", StringComparison.Ordinal));

    [Fact]
    public void Every_folder_stands_in_the_table()
    {
        None(Governed.Where(file => RowOf(file) is null).Select(file => file.Path));
    }

    [Fact]
    public void Every_row_of_the_table_is_a_folder_with_files()
    {
        None(Rows.Where(row => !Governed.Any(file => RowOf(file) == row)).Select(row => row.Folder));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_names_only_what_its_row_allows(string folder)
    {
        var row = Rows.Single(row => row.Folder == folder);

        var others = Governed.Where(file => RowOf(file) == row)
            .SelectMany(file => Named(file).Select(name => (file.Path, Name: name, To: RowOf(name))))
            .Where(named => named.To is not null && named.To.Top != row.Top && !row.Names.Contains(named.To.Top))
            .Select(named => $"{named.Path} names {named.Name}");

        None(others);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Only_folders_at_the_wire_name_its_types(string folder)
    {
        var row = Rows.Single(row => row.Folder == folder);
        var found = Governed.Where(file => row.Wire == NoWire && RowOf(file) == row)
            .SelectMany(file => Named(file).Where(IsWire).Select(name => $"{file.Path} names {name}"));

        None(found);
    }

    [Fact]
    public void No_row_allows_a_program_to_name_another()
    {
        string[] programs = [.. Rows.Where(row => row.IsProgram).Select(row => row.Top).Distinct()];

        Assert.NotEmpty(programs);
        None(Rows.Where(row => row.Layer != "entry" && row.Names.Intersect(programs).Any(name => name != row.Top))
            .Select(row => row.Folder));
    }

    [Fact]
    public void The_arrows_of_the_table_form_no_circle()
    {
        var arrows = Rows.SelectMany(row => row.Names.Select(name => (From: row.Top, To: name))).Where(arrow => arrow.From != arrow.To);

        None(FirstCircle(arrows));
    }

    /// <summary>
    /// Folders beside each other inside a program or a room, too, are layers: a file of one of two never names the other's when that names
    /// the first's. What stands in the folder around another is seen there without being named.
    /// </summary>
    [Theory]
    [MemberData(nameof(Programs))]
    [InlineData("Crash")]
    [InlineData("DBus")]
    [InlineData("Linux")]
    [InlineData("Protocol")]
    [InlineData("Virtio")]
    public void Folders_beside_each_other_form_no_circle(string place)
    {
        var inside = $"src/{place}/";
        var arrows = SourceTree.Source.Where(file => file.Path.StartsWith(inside, StringComparison.Ordinal))
            .SelectMany(file => Named(file).Select(FolderOf).Select(to => (From: Path.GetDirectoryName(file.Path)!, To: to)))
            .Where(arrow => arrow.To.StartsWith(inside, StringComparison.Ordinal) && arrow.From != arrow.To);

        None(FirstCircle(arrows));
    }

    public static TheoryData<string> Programs { get; } = [.. Rows.Where(row => row.IsProgram).Select(row => row.Top).Distinct()];

    /// <summary>Fails with all that was found, a line each.</summary>
    private static void None(IEnumerable<string> found) => Assert.True(!found.Any(), string.Join('\n', found));

    private static bool IsWire(string name) =>
        WireNamespaces.Any(wire => name == wire || name.StartsWith(wire + ".", StringComparison.Ordinal));

    /// <summary>
    /// The namespaces that a file names: by its using directives (one that is not needed is an error of the build), and in front of a name,
    /// whole or from a namespace around the file on.
    /// </summary>
    private static IEnumerable<string> Named(SourceFile file)
    {
        var declared = file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name;
        var own = declared?.ToString() ?? "";
        var usings = file.Syntax.DescendantNodes().OfType<UsingDirectiveSyntax>().Select(directive => directive.NamespaceOrType.ToString());
        var qualified = file.Syntax.DescendantNodes()
            .Where(node => !node.AncestorsAndSelf().Any(around => around is UsingDirectiveSyntax || around == declared))
            .Select(node => node switch
            {
                QualifiedNameSyntax name => (Namespace: name.Left.ToString(), Type: name.Right.Identifier.ToString()),
                MemberAccessExpressionSyntax access => (Namespace: access.Expression.ToString(), Type: access.Name.Identifier.ToString()),
                _ => default,
            })
            .Where(name => name.Type is not null)
            .SelectMany(name => Around(own).Select(around => $"{around}.{name.Namespace}").Append(name.Namespace)
                .Where(full => Types.Value.Contains($"{full}.{name.Type}") || IsWire(full)));
        return usings.Where(name => name.StartsWith("VmTools.", StringComparison.Ordinal) || IsWire(name)).Concat(qualified).Distinct();
    }

    /// <summary>A namespace and those around it: A.B.C, A.B, A.</summary>
    private static IEnumerable<string> Around(string @namespace)
    {
        var parts = @namespace.Split('.');
        return Enumerable.Range(1, parts.Length).Select(count => string.Join('.', parts.Take(count)));
    }

    private static string FolderOf(string @namespace) =>
        @namespace.StartsWith("VmTools.", StringComparison.Ordinal) ? "src/" + @namespace["VmTools.".Length..].Replace('.', '/') : "";

    private static FolderRow? RowOf(SourceFile file) => Row(Path.GetDirectoryName(file.Path)!["src/".Length..]);

    private static FolderRow? RowOf(string @namespace) =>
        FolderOf(@namespace) is { Length: > 0 } folder ? Row(folder["src/".Length..]) : null;

    /// <summary>
    /// The row of a folder, or of the nearest one around it; a room's own row is for the files that stand directly in it.
    /// </summary>
    private static FolderRow? Row(string folder)
    {
        for (var place = folder; place.Length > 0; place = Path.GetDirectoryName(place)!)
        {
            if (Rows.FirstOrDefault(row => row.Folder == place) is { } row && (row.Folder.Contains('/') || place == folder))
            {
                return row;
            }
        }

        return null;
    }

    /// <summary>One line with the folders of a circle, in its order; nothing where there is none.</summary>
    private static IEnumerable<string> FirstCircle(IEnumerable<(string From, string To)> arrows)
    {
        var next = arrows.Distinct().ToLookup(arrow => arrow.From, arrow => arrow.To);
        var done = new HashSet<string>();
        return next.Select(folder => Walk(folder.Key, [])).Where(circle => circle.Length > 0).Take(1);

        string Walk(string folder, List<string> way)
        {
            if (way.IndexOf(folder) is >= 0 and var start)
            {
                return string.Join(" -> ", way.Skip(start).Append(folder));
            }

            if (done.Contains(folder))
            {
                return "";
            }

            way.Add(folder);
            var circle = next[folder].Select(to => Walk(to, way)).FirstOrDefault(found => found.Length > 0) ?? "";
            way.RemoveAt(way.Count - 1);
            done.Add(folder);
            return circle;
        }
    }

    private static FolderRow[] ReadTable()
    {
        var text = File.ReadAllText(Path.Combine(SourceTree.Root, "ARCHITECTURE.md"));
        var start = text.IndexOf("<!-- folders -->", StringComparison.Ordinal);
        var end = text.IndexOf("<!-- /folders -->", StringComparison.Ordinal);
        return
        [
            .. text[start..end].Split('\n')
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
                .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
                .Select(cells => new FolderRow(
                    cells[1].Trim('`'), cells[2], cells[4],
                    [.. cells[5].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => name.Trim('`', ','))])),
        ];
    }

    /// <summary>One line of the table. Folders are written below src; what a row names are folders of the same room.</summary>
    private sealed record FolderRow(string Folder, string Layer, string Wire, IReadOnlyList<string> ShortNames)
    {
        /// <summary>The folder directly below the room: <c>Host/Concierge</c> of <c>Host/Concierge/Vms</c>.</summary>
        public string Top { get; } = string.Join('/', Folder.Split('/').Take(2));

        public bool IsProgram => Layer == "program";

        public IReadOnlyList<string> Names { get; } = [.. ShortNames.Where(name => name != "–")
            .Select(name => $"{Folder.Split('/')[0]}/{name}")];
    }
}
