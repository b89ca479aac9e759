using System.Security;
using VmTools.DBus;
using VmTools.Host.Instance;

namespace VmTools.Host.Bus;

/// <summary>
/// The texts of a private bus: the configuration of a dbus-daemon that serves one user, and the service file by which it
/// starts vm_concierge (dbus-daemon(1)). A bus without a rule about users admits its own uid alone; no client hears what is said to
/// others, and only our daemons have names. More descriptors with one message than the limit would end a receiver's connection
/// (docs/decisions/dbus.md); it is dbus-daemon's own.
/// </summary>
internal sealed record PrivateBusFiles(InstanceDirectories Directories, string ProgramDirectory)
{
    /// <summary>No other program has business on this bus.</summary>
    private static readonly string[] Names = [ConciergeBus.Name, CiceroneBus.Name, LogForwarderBus.Name];

    public string Address => BusAddress.ForSocket(Directories.PrivateBusSocket);

    public string ConfigurationPath => Path.Combine(Directories.Runtime, "bus.conf");

    public string ServiceDirectory => Path.Combine(Directories.Runtime, "services");

    public string ServicePath => Path.Combine(ServiceDirectory, ConciergeBus.Name + ".service");

    public string LogPath => Path.Combine(Directories.Runtime, "bus.log");

    /// <summary>Where the socket is while the bus ends: a client that comes then finds none and starts another.</summary>
    public string EndingSocketPath => Directories.PrivateBusSocket + ".ending";

    /// <summary>Pid and start time of the bus.</summary>
    public string PidPath => Path.Combine(Directories.Runtime, "bus.pid");

    public string Configuration => $"""
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
         "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <busconfig>
          <listen>{SecurityElement.Escape(Address)}</listen>
          <auth>EXTERNAL</auth>
          <servicedir>{SecurityElement.Escape(ServiceDirectory)}</servicedir>
          <policy context="default">
            <allow send_type="method_call"/>
            <allow send_type="signal"/>
            <allow send_type="method_return"/>
            <allow send_type="error"/>
            <allow receive_type="method_call"/>
            <allow receive_type="method_return"/>
            <allow receive_type="error"/>
            <allow receive_type="signal"/>
            <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
            {string.Concat(Names.Select(name => $"<allow own=\"{name}\"/>"))}
          </policy>
          <limit name="max_message_size">134217728</limit>
          <limit name="max_message_unix_fds">16</limit>
          <limit name="max_replies_per_connection">10000</limit>
          <limit name="service_start_timeout">30000</limit>
        </busconfig>

        """;

    public string Service => $"""
        [D-BUS Service]
        Name={ConciergeBus.Name}
        Exec={string.Join(' ', SiblingProgram.CommandLine(ProgramDirectory, ConciergeBus.Program, Address).Select(Quote))}

        """;

    /// <summary>
    /// dbus-daemon first undoes the escapes of the file's syntax and then splits the line as a shell would: within single
    /// quotes everything stands for itself, a single quote is put between two quoted parts.
    /// </summary>
    private static string Quote(string word) =>
        $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
