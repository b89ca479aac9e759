namespace VmTools.Host.Vmc.Copying;

/// <summary>
/// What <c>vmc cp</c> runs in the VM, with tar and the shell that every guest has. The paths come as arguments, never as part of a script;
/// a relative one gets ./ before it, so that none is taken for an option.
/// </summary>
internal static class GuestScripts
{
    /// <summary>What a script exits with after a sentence of its own.</summary>
    public const int Refused = 3;

    private const string Beginning = """
        say() { echo "vmc: $*" >&2; exit 3; }
        shown=${1:-.}
        case $1 in /*) p=$1 ;; *) p=./$1 ;; esac

        """;

    /// <summary>$1 is the target, $2 the name that the source has on the host; tar's stream comes on standard input.</summary>
    private const string IntoTarget = Beginning + """
        if [ -d "$p" ]; then
            p=$p/$2
        else
            case $p in */) say "There is no directory '$shown' in the VM." ;; esac
            [ -d "$(dirname "$p")" ] || say "There is no directory '$(dirname "$shown")' in the VM."
        fi

        """;

    /// <summary>The file appears under its name when it is complete.</summary>
    public const string TakeFile = IntoTarget + """
        [ ! -d "$p" ] || say "'$shown' in the VM has a directory '$2'."
        t=$(mktemp -d "$(dirname "$p")/.vmc-XXXXXX") || exit 3
        trap 'rm -rf "$t"' EXIT
        trap 'exit 3' HUP INT TERM
        tar -xpof - -C "$t" && mv -fT "$t/$2" "$p"
        """;

    public const string TakeDirectory = IntoTarget + """
        [ ! -e "$p" ] || [ -d "$p" ] || say "'$shown' in the VM is no directory."
        mkdir -p "$p" && tar -xpof - -C "$p"
        """;

    /// <summary>
    /// $1 is the source. The first byte on standard output tells what comes: d, the contents of a directory, or f, one file.
    /// </summary>
    public const string Give = Beginning + """
        [ -e "$p" ] || say "There is no file or directory '$shown' in the VM."
        if [ -d "$p" ]; then
            printf d
            exec tar -C "$p" -cf - .
        fi
        [ -f "$p" ] || say "'$shown' in the VM is neither a file nor a directory."
        printf f
        exec tar -C "$(dirname "$p")" -chf - "./$(basename "$p")"
        """;
}
