using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Machines;

/// <summary><c>vmc shell</c>: what <c>vsh NAME</c> does, by becoming vsh.</summary>
internal static class ShellVerb
{
    public static Command Build(VmcContext context)
    {
        var name = CommonOptions.Name();
        var words = new VshOptionNames();
        var verb = new VerbCommand("shell", "Opens a shell in a VM, as 'vsh NAME' does.")
        {
            Examples = [new("vmc shell demo", "as the VM's usual user"), new("vmc shell demo --user root", "as root")],
        };
        verb.Add(name);
        words.AddTo(verb);
        verb.SetAction(parsed => VshProcess.Become(context, [.. words.Read(parsed), parsed.GetRequiredValue(name)]));
        return verb;
    }
}
