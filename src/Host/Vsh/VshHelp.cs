using VmTools.Host.CommandLine;

namespace VmTools.Host.Vsh;

/// <summary>What vsh --help and vsh --version print.</summary>
internal static class VshHelp
{
    public static string Version { get; } = $"vsh {ProgramVersion.Text}\n";

    public const string Text = """
        Opens a shell in a VM or in a container of it, or runs a command there.

        Usage:
          vsh VM [CONTAINER] [options] [-- [NAME=VALUE ...] [COMMAND [ARGUMENT ...]]]

        Without a command the user's login shell runs, in a terminal of its own when standard input and output are terminals.
        Otherwise standard input, output and error are carried through as they are.

        Options:
          --user=NAME        who to be there (default: the default user of the VM or the container)
          --cwd=PATH|PID     where to begin: a directory, or where a process of the VM or the container is
          --target_container=NAME
                             the container, as a flag
          --cid=N            the VM by its vsock address instead of its name
          --vm_name=NAME     the VM by name, as a flag
          --owner_id=ID      whose VM it is (default: yours)
          --help             this text
          --version          the version of vsh

        Exit code: that of the command, which is 128 + N if signal N ended it; 126 if it could not be executed and 127 if it
        was not found there; 125 if vsh itself failed: VM or container is not running, standard input could not be read, standard output
        could not be written, the connection was lost. 128 + N if signal N ended vsh: HUP, INT and TERM are passed on to the
        command, and vsh ends 5 seconds later at the latest, or with the second of them.

        A VM that does not answer is told on standard error and waited for.

        Examples:
          vsh dev                                   a shell in the VM "dev"
          vsh dev -- uname -a                       one command
          vsh dev penguin                           a shell in its container "penguin"
          vsh dev penguin -- sudo apt update        and a command there
          vsh dev --user=root -- LANG=C ls /root    as root, with a variable
          vsh dev -- sh -c 'cat > notes' < notes    a file into the VM
          vsh dev -- tar c /etc | tar t             and its output into a pipe

        """;
}
