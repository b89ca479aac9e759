using VmTools.Protocol;

namespace VmTools.Host.Debugging;

/// <summary>
/// Where binaries and debug files are looked for besides this machine's own places: a copy of the VM's root directory, and directories or
/// files with symbols. A file counts only where its build id is the one in the minidump.
/// </summary>
internal sealed record SymbolPaths(string? Sysroot, IReadOnlyList<string> Symbols)
{
    public static readonly SymbolPaths None = new(null, []);

    private const string SystemDebugFiles = "/usr/lib/debug";

    public IEnumerable<string> Directories => Symbols.Where(Directory.Exists);

    /// <summary>Directories that have debug files of their own, or below <c>.build-id</c>.</summary>
    public IEnumerable<string> DebugFiles =>
        [.. Directories, .. Sysroot is null ? Array.Empty<string>() : [Sysroot + SystemDebugFiles], SystemDebugFiles];

    /// <summary>The paths as they are put between double quotes in a command of lldb.</summary>
    /// <exception cref="VmToolsException">One is not there, or cannot be put into a command.</exception>
    public SymbolPaths Checked()
    {
        foreach (var path in Symbols.Concat(Sysroot is null ? [] : [Sysroot]))
        {
            if (!Path.Exists(path))
            {
                throw new VmToolsException(ErrorKind.NotFound, $"There is no '{path}'.");
            }

            if (path.Any(letter => char.IsControl(letter) || letter is '"' or '\\' or '`'))
            {
                throw new VmToolsException(
                    ErrorKind.InvalidArgument, $"'{path}' has characters that lldb cannot be given. Use another path to it.");
            }
        }

        return new SymbolPaths(Sysroot is null ? null : Path.GetFullPath(Sysroot), [.. Symbols.Select(Path.GetFullPath)]);
    }
}
