using System.Text;
using VmTools.Protocol;

namespace VmTools.Host.Logs.Settings;

/// <summary>
/// The file <c>logs.conf</c>: lines <c>name = value</c>, empty lines, and lines that begin with <c>#</c>. A file that was asked for by
/// <c>VMTOOLS_LOGS_CONF</c> must be there, the usual one may be missing.
/// </summary>
internal sealed record LogSettingsFile(string Path, bool MustExist)
{
    private const int MostBytes = 64 * 1024;

    public static LogSettingsFile Of(uint uid, Func<string, string?> environment) =>
        environment("VMTOOLS_LOGS_CONF") is { Length: > 0 } chosen
            ? new LogSettingsFile(chosen, MustExist: true)
            : new LogSettingsFile(System.IO.Path.Combine(UsualDirectory(uid, environment), "vmtools", "logs.conf"), MustExist: false);

    /// <exception cref="VmToolsException">The file cannot be read, or a line of it is wrong.</exception>
    public void ReadInto(LogSettingsChoice choice)
    {
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in Text().Split('\n').Select(line => line.Trim()))
        {
            var place = $"{Path}, line {++number}";
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw LogSettingsChoice.Mistake(place, $"'{line}' is not of the form 'name = value'.");
            }

            var name = line[..equals].TrimEnd();
            if (!seen.TryAdd(name, number))
            {
                throw LogSettingsChoice.Mistake(place, $"{name} was set in line {seen[name]} already.");
            }

            choice.Choose(name, line[(equals + 1)..].TrimStart(), place);
        }
    }

    private static string UsualDirectory(uint uid, Func<string, string?> environment) =>
        uid == 0 ? "/etc"
        : environment("XDG_CONFIG_HOME") is { Length: > 0 } config ? config
        : System.IO.Path.Combine(environment("HOME") ?? "/", ".config");

    private string Text()
    {
        try
        {
            using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[MostBytes + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= MostBytes
                ? Encoding.UTF8.GetString(bytes, 0, length).TrimStart('\uFEFF')
                : throw LogSettingsChoice.Mistake(Path, $"The file has more than {MostBytes} bytes.");
        }
        catch (Exception missing) when (!MustExist && missing is (FileNotFoundException or DirectoryNotFoundException))
        {
            return "";
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"{Path}: The file cannot be read: {refused.Message}", refused);
        }
    }
}
