using System.Text;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Settings;

/// <summary>
/// A file of settings such as <c>logs.conf</c>: lines <c>name = value</c>, empty lines, and lines that begin with <c>#</c>. A file that was
/// asked for by a variable of the environment must be there, the usual one may be missing.
/// </summary>
internal sealed record SettingsFile(string Path, bool MustExist)
{
    private const int MostBytes = 64 * 1024;

    /// <summary>
    /// The file that <paramref name="variable"/> names, else the one of that name among the user's or, for root, the system's.
    /// </summary>
    public static SettingsFile Of(string name, string variable, uint uid, Func<string, string?> environment) =>
        environment(variable) is { Length: > 0 } chosen
            ? new SettingsFile(chosen, MustExist: true)
            : new SettingsFile(System.IO.Path.Combine(UsualDirectory(uid, environment), "vmtools", name), MustExist: false);

    /// <exception cref="VmToolsException">The file cannot be read, or a line of it is wrong.</exception>
    public void ReadInto<T>(SettingsChoice<T> choice)
        where T : class
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
                throw SettingMistake.At(place, $"'{line}' is not of the form 'name = value'.");
            }

            var name = line[..equals].TrimEnd();
            if (!seen.TryAdd(name, number))
            {
                throw SettingMistake.At(place, $"{name} was set in line {seen[name]} already.");
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
            return Encoding.UTF8.GetString(SmallFile.ReadThroughLinks(Path, MostBytes)).TrimStart('\uFEFF');
        }
        catch (LinuxException missing) when (!MustExist && missing.Errno is (Errno.ENOENT or Errno.ENOTDIR))
        {
            return "";
        }
        catch (LinuxException large) when (large.Errno == Errno.EFBIG)
        {
            throw SettingMistake.At(Path, $"The file has more than {MostBytes} bytes.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"{Path}: The file cannot be read: {refused.Message}", refused);
        }
    }
}
