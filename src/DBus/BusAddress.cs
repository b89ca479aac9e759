using System.Globalization;
using System.Text;

namespace VmTools.DBus;

/// <summary>
/// Where a bus listens, in the D-Bus address syntax. The short words <c>session</c>, <c>system</c> and <c>starter</c> mean
/// what the environment says they mean.
/// </summary>
public static class BusAddress
{
    /// <summary>The address for a word or an address; null when the environment knows no such bus.</summary>
    public static string? Resolve(string address, Func<string, string?> environment) => address switch
    {
        "session" => Session(environment),
        "system" => NonEmpty(environment("DBUS_SYSTEM_BUS_ADDRESS")) ?? "unix:path=/run/dbus/system_bus_socket",
        "starter" => NonEmpty(environment("DBUS_STARTER_ADDRESS")),
        _ => address,
    };

    /// <summary>The address of a bus listening on a unix socket. Bytes outside the syntax's plain set are escaped.</summary>
    public static string ForSocket(string path)
    {
        var text = new StringBuilder("unix:path=");
        foreach (var octet in Encoding.UTF8.GetBytes(path))
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || "-_/.\\*".Contains((char)octet, StringComparison.Ordinal))
            {
                text.Append((char)octet);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"%{octet:x2}");
            }
        }

        return text.ToString();
    }

    private static string? Session(Func<string, string?> environment) =>
        NonEmpty(environment("DBUS_SESSION_BUS_ADDRESS"))
        ?? (NonEmpty(environment("XDG_RUNTIME_DIR")) is { } runtime && Path.Exists(Path.Combine(runtime, "bus"))
            ? ForSocket(Path.Combine(runtime, "bus"))
            : null);

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
