using System.CommandLine;
using VmTools.Host.GuestText;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Doctor;

/// <summary><c>vmc doctor</c>: what this machine has and lacks, and the command that mends each lack.</summary>
internal sealed class DoctorVerb(VmcContext context, IHostProbes probes)
{
    public static Command Build(VmcContext context)
    {
        var json = CommonOptions.Json();
        var verb = new VerbCommand("doctor", "Tells what this machine lacks for VMs, and the command that mends it.")
        {
            Examples = [new("vmc doctor", "for people"), new("vmc doctor --json", "for programs"), new(
                "vmc doctor >/dev/null && vmc start demo", "it fails when a VM could not start")],
        };
        var build = new Option<bool>("--build") { Description = "Also what building the guest image needs." };
        verb.Add(json);
        verb.Add(build);
        verb.SetAction(
            parsed => new DoctorVerb(context, new HostProbes(context.Instance.Environment))
            .Run(parsed.GetValue(json), parsed.GetValue(build)));
        return verb;
    }

    public int Run(bool asJson, bool withBuild)
    {
        IReadOnlyList<Finding> findings =
        [
            .. new Examination(probes, context.Instance).Run(),
            .. withBuild ? new BuildExamination(probes, context.Instance).Run() : [],
        ];
        var report = DoctorReport.Of(findings);
        if (asJson)
        {
            context.Console.PrintJson(report);
        }
        else
        {
            Show(findings, report.IsReady);
        }

        return report.IsReady ? ExitCode.Success : ExitCode.Failed;
    }

    private void Show(IReadOnlyList<Finding> findings, bool isReady)
    {
        var output = context.Console.Output;
        var width = findings.Max(finding => finding.Name.Length);
        foreach (var finding in findings)
        {
            output.WriteLine($"{Marked(finding.Severity)}  {finding.Name.PadRight(width)}  {SafeText.ForTerminal(finding.Detail)}");
            if (finding.Fix is not null)
            {
                output.WriteLine($"         {"".PadRight(width)}  mend it with: {SafeText.ForTerminal(finding.Fix)}");
            }
        }

        output.WriteLine();
        output.WriteLine(isReady ? "VMs can be started: vmc start NAME" : "VMs cannot be started until what is missing is there.");
    }

    private string Marked(Severity severity)
    {
        var word = DoctorReport.WordFor(severity).PadRight(7);
        return context.Console.HasColours ? $"\x1b[{ColourOf(severity)}m{word}\x1b[0m" : word;
    }

    private static string ColourOf(Severity severity) => severity switch
    {
        Severity.Ok => "32",
        Severity.Note => "33",
        Severity.Missing => "31",
        _ => "0",
    };
}
