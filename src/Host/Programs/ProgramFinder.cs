using VmTools.Linux;
namespace VmTools.Host.Programs;

/// <summary>
/// Finds programs of other projects by name, in one way for all that start them and for <c>vmc doctor</c>: on the PATH, and then where
/// tools for administrators lie, which an ordinary user's PATH leaves out.
/// </summary>
internal sealed class ProgramFinder(Func<string, string?> environment)
{
    /// <summary>The PATH of a process that has none.</summary>
    private const string UsualPath = "/usr/local/bin:/usr/bin:/bin";

    private static readonly string[] AdministratorDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>Finds what this process itself would start.</summary>
    public static ProgramFinder OfProcess { get; } = new(Environment.GetEnvironmentVariable);

    /// <summary>
    /// The path of the first program of this name that can be executed. Where there is none, a file of this name, so that its start tells
    /// what is wrong with it; null where there is no such file. Relative entries of the PATH do not count: what they name changes with the
    /// working directory.
    /// </summary>
    public string? Find(string name)
    {
        var files = (environment("PATH") is { Length: > 0 } path ? path : UsualPath).Split(':')
            .Concat(AdministratorDirectories)
            .Where(Path.IsPathRooted)
            .Select(directory => Path.Combine(directory, name))
            .Where(File.Exists)
            .ToList();
        return files.Find(file => (File.GetUnixFileMode(file) & FileModes.AnybodyExecutes) != 0) ?? files.FirstOrDefault();
    }
}
