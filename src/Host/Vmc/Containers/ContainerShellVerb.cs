using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container shell</c>: what <c>vsh VM CONTAINER</c> does, by becoming vsh.</summary>
internal static class ContainerShellVerb
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known();
        var words = new VshOptionNames();
        var verb = new VerbCommand("shell", "Opens a shell in a container, as 'vsh VM CONTAINER' does.")
        {
            Examples =
            [
                new("vmc container shell demo", "as the container's usual user"),
                new("vmc container shell demo trixie --user root", "as root, in another container"),
            ],
        };
        names.AddTo(verb);
        words.AddTo(verb);
        verb.SetAction(parsed =>
            VshProcess.Become(context, [.. words.Read(parsed), .. VshWords.Of(names.Read(parsed))]));
        return verb;
    }
}

/// <summary>How vsh is told of a container: by options, so that no name is taken for anything else.</summary>
internal static class VshWords
{
    public static IReadOnlyList<string> Of(ContainerPlace place) => [$"--vm_name={place.Vm}", $"--target_container={place.Name}"];
}
