using VmTools.Host.CommandLine;

namespace VmTools.Host.Vsh;

/// <summary>What vsh --help and vsh --version print.</summary>
internal static class VshHelp
{
    public static string Version { get; } = $"vsh {ProgramVersion.Text}\n";

    public const string Text = """
        Opens a shell in a VM, or runs a command in it.

        Usage:
          vsh VM [options] [-- [NAME=VALUE ...] [COMMAND [ARGUMENT ...]]]

        Without a command the user's login shell runs, in a terminal of its own when standard input and output are terminals.
        Otherwise standard input, output and error are carried through as they are.

        Options:
          --user=NAME        who to be in the VM (default: the guest's default user)
          --cwd=PATH|PID     where to begin: a directory, or where a process of the VM is
          --cid=N            the VM by its vsock address instead of its name
          --vm_name=NAME     the VM by name, as a flag
          --owner_id=ID      whose VM it is (default: yours)
          --help             this text
          --version          the version of vsh

        Exit code: that of the command in the VM, which is 128 + N if signal N ended it; 126 if it could not be executed and 127 if it
        was not found there; 125 if vsh itself failed: the VM is not running, standard input could not be read, standard output
        could not be written, the connection was lost. 128 + N if signal N ended vsh: HUP, INT and TERM are passed on to the
        command, and vsh ends 5 seconds later at the latest, or with the second of them.

        A VM that does not answer is told on standard error and waited for.

        Examples:
          vsh dev                                   a shell in the VM "dev"
          vsh dev -- uname -a                       one command
          vsh dev --user=root -- LANG=C ls /root    as root, with a variable
          vsh dev -- sh -c 'cat > notes' < notes    a file into the VM
          vsh dev -- tar c /etc | tar t             and its output into a pipe

        """;
}
