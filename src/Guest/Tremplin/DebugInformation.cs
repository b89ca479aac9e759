using System.Text;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Guest.Tremplin.Network;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin;

/// <summary>The state of the container host as text for bug reports: its containers, and what a few tools say; nothing of users.</summary>
internal sealed class DebugInformation(ContainerTable containers, ContainerSubnet subnet, ToolRun tools)
{
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(5);

    private static readonly IReadOnlyList<IReadOnlyList<string>> Tools =
    [
        ["uname", "-srm"],
        ["lxc-start", "--version"],
        ["uptime"],
        ["free", "-m"],
        ["df", "-hT", "/mnt/stateful"],
        ["ip", "-brief", "address"],
        ["ip", "route"],
        ["nft", "list", "table", "ip", "vmtools"],
        ["sh", "-c", "cat /sys/kernel/security/lsm || echo 'no list of security modules'"],
        ["sh", "-c", "head -n 3 /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io"],
    ];

    /// <summary>A tool that fails says so in its place.</summary>
    public async Task<string> ReadAsync(CancellationToken cancel)
    {
        var text = new StringBuilder();
        text.AppendLine($"containers in {subnet}:");
        foreach (var (record, state) in containers.List())
        {
            text.Append($"{record.Name} {state} {record.Address} ids {record.Ids.First}+ ");
            text.AppendLine($"image {record.Image:D} {record.Release.PrettyName}");
        }

        foreach (var tool in Tools)
        {
            text.AppendLine($"$ {string.Join(' ', tool)}");
            text.AppendLine(await SayAsync(tool, cancel));
        }

        return text.ToString();
    }

    private async Task<string> SayAsync(IReadOnlyList<string> tool, CancellationToken cancel)
    {
        try
        {
            return (await tools.RunAsync(tool, ToolLimit, cancel)).Output.TrimEnd();
        }
        catch (VmToolsException failure)
        {
            return failure.Message;
        }
    }
}
