using System.CommandLine;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Crashes;

/// <summary><c>vmc crash consent</c>: whether reports are kept at all.</summary>
internal sealed class CrashConsentVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var choice = new Argument<string?>("on|off")
        {
            Description = "The choice; says what holds when absent.",
            Arity = ArgumentArity.ZeroOrOne
        };
        choice.CompletionSources.Add("on", "off");
        choice.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ("on" or "off") and var word }, ..])
            {
                result.AddError($"'{word}' is neither on nor off.");
            }
        });
        var verb = new VerbCommand(
            "consent", "Says or chooses whether reports of crashes in your VMs are kept. They never leave this machine.")
        {
            Examples = [new("vmc crash consent", "what holds"), new(
                "vmc crash consent off", "keep none from now on; those there are stay")],
        };
        verb.Add(choice);
        verb.SetAction(parsed => new CrashConsentVerb(context).Run(parsed.GetValue(choice)));
        return verb;
    }

    private int Run(string? choice)
    {
        var consent = CrashConfiguration.ConsentOf(context.Instance.Uid, context.Instance.Environment);
        if (choice is not null)
        {
            consent.Set(choice == "on");
        }

        var word = ConsentFile.WordOf(consent.IsGranted());
        context.Console.Print(word);
        context.Console.Say(consent.IsGranted()
            ? "Crash reports of your VMs are kept on this machine, and sent nowhere."
            : "Crash reports of your VMs are not kept. Those there are stay until 'vmc crash remove'.");
        return ExitCode.Success;
    }
}
