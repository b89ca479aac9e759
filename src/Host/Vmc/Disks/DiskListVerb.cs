using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;

namespace VmTools.Host.Vmc.Disks;

/// <summary><c>vmc disk list</c>: the caller's disk images.</summary>
internal sealed class DiskListVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var json = CommonOptions.Json();
        var verb = new VerbCommand("list", "Lists the disks of your VMs.")
        {
            Examples = [new("vmc disk list", "a table"), new("vmc disk list --json", "the same for programs")],
        };
        verb.Add(json);
        verb.SetAction((parsed, cancel) => new DiskListVerb(context).RunAsync(parsed.GetValue(json), cancel));
        return verb;
    }

    private async Task<int> RunAsync(bool asJson, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var response = await concierge.DisksAsync(cancel);
        DiskRow[] disks =
        [
            .. response.Images.OrderBy(disk => disk.Name, StringComparer.Ordinal)
                .Select(disk => new DiskRow(disk.Name, disk.Size, disk.Path) { Type = disk.HasVmType
                    ? CommonOptions.NameOf(disk.VmType)
                    : null }),
        ];
        if (asJson)
        {
            context.Console.PrintJson<IReadOnlyList<DiskRow>>(disks);
        }
        else if (disks.Length == 0)
        {
            context.Console.Say("You have no disks. 'vmc start NAME' and 'vmc disk create NAME' make one.");
        }
        else
        {
            var table = new VmcTable(new("NAME"), new("SIZE"), new("TYPE", 1));
            Array.ForEach(disks, disk => table.Add(disk.Name, SizeText.Show(disk.Bytes), disk.Type));
            table.Add("total", SizeText.Show(response.TotalSize), "").Write(context.Console);
        }

        return ExitCode.Success;
    }
}

/// <summary>One disk image in a listing; the size is what it takes on the host.</summary>
internal sealed record DiskRow(string Name, ulong Bytes, string Path)
{
    public string? Type { get; init; }
}
