namespace VmTools.Host.Vmc.Completion;

/// <summary>
/// What the completion scripts say about <c>vsh</c>: names of VMs, then of containers, and options before <c>--</c>; behind it a command of
/// the guest, of which the host knows nothing but that it may be a file of the same name here.
/// </summary>
internal static class VshCompletion
{
    public const string Bash = """
        # bash completion for vsh
        _vsh() {
            local cur="${COMP_WORDS[COMP_CWORD]}" word vm="" container="" value=""
            COMPREPLY=()
            for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                case "$word" in
                    --) COMPREPLY=($(compgen -c -- "$cur")); return ;;
                    --help|--version|--*=*) ;;
                    -*|=) value=1 ;;
                    *) if [[ -n $value ]]; then value=""; elif [[ -z $vm ]]; then vm="$word"; else container="$word"; fi ;;
                esac
            done
            case "$cur" in
                -*)
                    COMPREPLY=($(compgen -W "--user= --cwd= --target_container= --cid= --vm_name= --owner_id= --help --version --" -- "$cur"))
                    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace ;;
                *)
                    [[ -n $container$value ]] || COMPREPLY=($(compgen -W "$(vmc names ${vm:+"$vm"} 2>/dev/null)" -- "$cur")) ;;
            esac
        }
        complete -F _vsh vsh

        """;

    public const string Fish = """
        # fish completion for vsh
        complete -c vsh -f -n 'not contains -- -- (commandline -opc)' -a '(vmc names 2>/dev/null)'
        complete -c vsh -n 'contains -- -- (commandline -opc)' -a '(__fish_complete_command)'
        complete -c vsh -n 'not contains -- -- (commandline -opc)' -l user -x -d 'Who to be there'
        complete -c vsh -n 'not contains -- -- (commandline -opc)' -l cwd -x -d 'Where to begin: a directory, or a process'
        complete -c vsh -n 'not contains -- -- (commandline -opc)' -l target_container -x -d 'The container in the VM'
        complete -c vsh -n 'not contains -- -- (commandline -opc)' -l cid -x -d 'The VM by its vsock address'
        complete -c vsh -n 'not contains -- -- (commandline -opc)' -l vm_name -x -a '(vmc names 2>/dev/null)' -d 'The VM by name'
        complete -c vsh -n 'not contains -- -- (commandline -opc)' -l owner_id -x -d 'Whose VM it is'
        complete -c vsh -n 'not contains -- -- (commandline -opc)' -l help -d 'Show help'
        complete -c vsh -n 'not contains -- -- (commandline -opc)' -l version -d 'Show the version'

        """;
}
