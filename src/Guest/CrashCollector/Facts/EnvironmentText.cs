using System.Text;

namespace VmTools.Guest.CrashCollector.Facts;

/// <summary>
/// The environment of a process as a report may carry it: every name, and the values of a few variables that explain a crash and
/// are no secrets. A list of what is secret would always lack the newest one.
/// </summary>
internal static class EnvironmentText
{
    public const string LeftOut = "(left out)";

    private const int MaxName = 128;

    private static readonly HashSet<string> Kept = new(StringComparer.Ordinal)
    {
        "DESKTOP_SESSION", "DISPLAY", "HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LD_PRELOAD", "LOGNAME", "PATH", "PWD", "SHELL",
        "SHLVL", "TERM", "TZ", "USER", "WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE",
    };

    /// <summary>
    /// The environment without secrets, in the form of /proc/PID/environ. An entry that is no variable is dropped; it could be the rest of
    /// a value.
    /// </summary>
    public static byte[] WithoutSecrets(ReadOnlySpan<byte> environ)
    {
        var kept = new MemoryStream();
        while (!environ.IsEmpty)
        {
            var end = environ.IndexOf((byte)0);
            var entry = end < 0 ? environ : environ[..end];
            environ = end < 0 ? [] : environ[(end + 1)..];
            var equals = entry.IndexOf((byte)'=');
            if (equals > 0 && equals <= MaxName)
            {
                var name = Encoding.UTF8.GetString(entry[..equals]);
                kept.Write(entry[..(equals + 1)]);
                kept.Write(IsKept(name) ? entry[(equals + 1)..] : Encoding.ASCII.GetBytes(LeftOut));
                kept.WriteByte(0);
            }
        }

        return kept.ToArray();
    }

    /// <summary>The entries whose values were left out, whole.</summary>
    public static IReadOnlyList<byte[]> Secrets(ReadOnlySpan<byte> environ)
    {
        var secrets = new List<byte[]>();
        while (!environ.IsEmpty)
        {
            var end = environ.IndexOf((byte)0);
            var entry = end < 0 ? environ : environ[..end];
            environ = end < 0 ? [] : environ[(end + 1)..];
            var equals = entry.IndexOf((byte)'=');
            if (equals < 0 || !IsKept(Encoding.UTF8.GetString(entry[..equals])))
            {
                secrets.Add(entry.ToArray());
            }
        }

        return secrets;
    }

    private static bool IsKept(string name) => Kept.Contains(name) || name.StartsWith("LC_", StringComparison.Ordinal);
}
