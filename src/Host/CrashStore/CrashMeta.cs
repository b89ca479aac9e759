using System.Text;
using VmTools.Linux;

namespace VmTools.Host.CrashStore;

/// <summary>
/// The file <c>.meta</c> of a report: lines <c>key=value</c>, first the guest's by name, then ours, <c>done=1</c> the last of them, without
/// which the file is not whole.
/// </summary>
internal static class CrashMeta
{
    /// <summary>Before every key of which a guest says nothing.</summary>
    public const string HostPrefix = "host_";

    public const string Cid = HostPrefix + "cid";
    public const string Received = HostPrefix + "received_millis";
    public const string Kind = HostPrefix + "kind";
    public const string Release = HostPrefix + "os_release";

    private const string Payload = "payload";
    private const string TreeFile = "upload_file_process_tree";
    private const string Done = "done";

    /// <summary>More is no file of ours.</summary>
    private const int MostBytes = 1 << 20;

    /// <summary>The original's host writes the last three over too; they name its release and where its reports go.</summary>
    private static readonly HashSet<string> HostKeys = new(StringComparer.Ordinal)
    {
        Payload, TreeFile, Done, "upload_var_channel", "upload_var_cros_milestone", "upload_var_lsb-release",
    };

    public static bool IsHosts(string key) => key.StartsWith(HostPrefix, StringComparison.Ordinal) || HostKeys.Contains(key);

    public static byte[] Write(CrashId id, NewReport report)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in report.Fields.Concat(report.HostFields))
        {
            Add(text, key, value);
        }

        if (!report.Dump.IsEmpty)
        {
            Add(text, Payload, id.Value + CrashPaths.Dump);
        }

        if (!report.ProcessTree.IsEmpty)
        {
            Add(text, TreeFile, id.Value + CrashPaths.Tree);
        }

        return Encoding.UTF8.GetBytes(Add(text, Done, "1").ToString());
    }

    /// <summary>Null where the file is not there, or not whole.</summary>
    public static IReadOnlyDictionary<string, string>? TryRead(string path)
    {
        try
        {
            var fields = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var line in Encoding.UTF8.GetString(SmallFile.Read(path, MostBytes)).Split('\n'))
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                {
                    fields[line[..equals]] = line[(equals + 1)..];
                }
            }

            return fields.GetValueOrDefault(Done) == "1" ? fields : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static StringBuilder Add(StringBuilder text, string key, string value) => text.Append(key).Append('=').Append(value).Append('\n');
}
