using System.Globalization;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>The command lines of LXC's tools.</summary>
internal static class LxcCommands
{
    /// <summary>
    /// Starts the container in the background; ends when init runs, with an error when it does not. The log is named here, as LXC leaves
    /// one that the configuration names empty; how init ends is noted at this level.
    /// </summary>
    public static IReadOnlyList<string> Start(ContainerName name, TremplinPaths paths, string pidFile) =>
    [
        "lxc-start", "--daemon", $"--name={name}", $"--lxcpath={paths.State}", $"--pidfile={pidFile}",
        $"--logfile={paths.LxcLog(name)}", "--logpriority=INFO",
    ];

    /// <summary>Runs a program in the container as its root, with nothing of our environment.</summary>
    public static IReadOnlyList<string> Attach(ContainerName name, TremplinPaths paths, IEnumerable<string> program) =>
    [
        "lxc-attach", $"--name={name}", $"--lxcpath={paths.State}", "--clear-env",
        "--set-var=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "--", .. program,
    ];

    /// <summary>The container's shell server, behind the socket that it inherits; the VM's loader and libraries run it anywhere.</summary>
    public static IReadOnlyList<string> ShellServer(UserName? user)
    {
        const string library = $"{LxcConfig.ToolsInContainer}/lib";
        List<string> command =
        [
            $"{library}/ld-linux-x86-64.so.2", "--library-path", library, $"{LxcConfig.ToolsInContainer}/vmtools-guest",
            "vshd", "--listen_fd=3", "--passed_connections", "--log_kmsg=false",
        ];
        if (user is not null)
        {
            command.Add($"--default_user={user}");
        }

        return command;
    }

    /// <summary>
    /// Makes the first user with the container's own tools, or without where it has none: its id, its groups as far as they exist, and
    /// sudo without a password. Says <see cref="UserMade"/> at the end, as lxc-attach tells no death by a signal.
    /// </summary>
    public static IReadOnlyList<string> MakeUser(UserName name) =>
    [
        "/bin/sh", "-c",
        $$"""
        set -e
        groups=
        for group in sudo audio video cdrom plugdev users netdev; do
          if grep -q "^$group:" /etc/group; then groups="$groups${groups:+,}$group"; fi
        done
        shell=/bin/sh
        [ ! -x /bin/bash ] || shell=/bin/bash
        if command -v useradd >/dev/null; then
          useradd --create-home --uid {{FirstUserId}} --user-group --groups "$groups" --shell "$shell" -- "$1"
        else
          {{MakeUserByHand}}
        fi
        if [ -d /etc/sudoers.d ]; then
          printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' "$1" >/etc/sudoers.d/.vmtools
          chmod 0440 /etc/sudoers.d/.vmtools
          mv /etc/sudoers.d/.vmtools /etc/sudoers.d/vmtools
        fi
        echo {{UserMade}}
        """,
        "sh", name.Value,
    ];

    /// <summary>
    /// Puts the container's clocks into a zone: by the usual two files where it has zoneinfo, else by the variable for what its shell
    /// server starts. Says <see cref="ZoneSet"/> at the end. Whole files are renamed into place, so that a package may replace them.
    /// </summary>
    public static IReadOnlyList<string> SetZone(TimeZoneSetting zone) =>
    [
        "/bin/sh", "-c",
        $$"""
        set -e
        rm -f {{AgentPaths.ZoneInContainer}}
        if [ -f "/usr/share/zoneinfo/$1" ]; then
          ln -sf "/usr/share/zoneinfo/$1" /etc/.localtime.new
          mv -f /etc/.localtime.new /etc/localtime
          printf '%s\n' "$1" >/etc/.timezone.new
          mv -f /etc/.timezone.new /etc/timezone
        elif [ -n "$2" ]; then
          printf '%s' "$2" >{{AgentPaths.ZoneInContainer}}
        else
          echo "it has no file of the zone $1"
          exit 1
        fi
        echo {{ZoneSet}}
        """,
        "sh", zone.Name, zone.Posix,
    ];

    public const string ZoneSet = "set";

    public const string UserMade = "made";

    /// <summary>What useradd does, where there is only a shell and BusyBox: passwd last, as the user is found by that.</summary>
    private const string MakeUserByHand = """
        if grep -q "^$1:" /etc/passwd; then echo "there is a user $1 already" >&2; exit 1; fi
          for group in $(echo "$groups" | tr , ' '); do
            sed -i "s/^\($group:[^:]*:[^:]*:.*[^:]\)\$/\1,$1/; s/^\($group:[^:]*:[^:]*:\)\$/\1$1/" /etc/group
          done
          grep -q '^[^:]*:[^:]*:1000:' /etc/group || echo "$1:x:1000:" >>/etc/group
          [ ! -e /etc/shadow ] || echo "$1:!::0:99999:7:::" >>/etc/shadow
          mkdir -p "/home/$1"
          [ ! -d /etc/skel ] || cp -R /etc/skel/. "/home/$1"
          chown -R 1000:1000 "/home/$1"
          echo "$1:x:1000:1000::/home/$1:$shell" >>/etc/passwd
        """;

    public const uint FirstUserId = 1000;

    /// <summary>The pid of the monitor, from the file that lxc-start has written; null where it is none.</summary>
    public static int? ParsePid(string text) =>
        int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 1 ? pid : null;
}
