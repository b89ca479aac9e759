using System.CommandLine;
using System.Globalization;
using VmTools.Host.GuestText;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Machines;

/// <summary><c>vmc info</c>: all that is known of one VM.</summary>
internal sealed class InfoVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var name = CommonOptions.Name();
        var json = CommonOptions.Json();
        var verb = new VerbCommand("info", "Shows what is known of a VM.")
        {
            Examples = [new("vmc info demo", "for people"), new("vmc info demo --json", "for programs")],
        };
        verb.Add(name);
        verb.Add(json);
        verb.SetAction((parsed, cancel) => new InfoVerb(context).RunAsync(parsed.GetRequiredValue(name), parsed.GetValue(json), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string name, bool asJson, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var vm = (await VmRows.ReadAsync(concierge, cancel)).FirstOrDefault(row => row.Name == name)
            ?? throw new VmToolsException(
                ErrorKind.NotFound, $"There is no VM '{VmNameRule.Shown(name)}'. 'vmc list' shows your VMs.{VmNameRule.Reminder(name)}");
        vm = vm with { Ended = vm.Ended ?? (vm.State == "stopped" ? LastPanic.Of(context, name) : null) };
        if (asJson)
        {
            context.Console.PrintJson(vm);
            return ExitCode.Success;
        }

        Show("name", vm.Name);
        Show("state", vm.State);
        Show("reason", vm.Ended is null ? vm.Reason : null);
        Show("ended", EndedText(vm));
        Show("type", vm.Type);
        Show("CID", vm.Cid?.ToString(CultureInfo.InvariantCulture));
        Show("VMM pid", vm.Pid?.ToString(CultureInfo.InvariantCulture));
        Show("memory", vm.MemoryBytes is { } memory ? SizeText.Show((ulong)memory) : null);
        Show("on host", vm.HostMemoryBytes is { } most ? $"at most {SizeText.Show((ulong)most)} of memory, the VMM's own included" : null);
        Show("disk", vm.DiskPath is null ? null : $"{vm.DiskPath} ({SizeText.Show(vm.DiskBytes ?? 0)} on the host)");
        return ExitCode.Success;
    }

    private string? EndedText(VmRow vm) => vm switch
    {
        { EndedAt: { } time, Ended: { } why } => string.Create(
            CultureInfo.InvariantCulture,
                $"{why.TrimEnd('.')} ({TimeZoneInfo.ConvertTime(time, context.Clock.LocalTimeZone):yyyy-MM-dd HH:mm:ss})"),
        _ => vm.Ended,
    };

    private void Show(string label, string? value)
    {
        if (value is not null)
        {
            context.Console.Print($"{label + ":",-9}{SafeText.ForCell(value)}");
        }
    }
}
