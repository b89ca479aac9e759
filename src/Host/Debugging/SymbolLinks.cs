using System.Globalization;
using System.Security.Cryptography;
using VmTools.Crash.Minidumps;
using VmTools.Linux;

namespace VmTools.Host.Debugging;

/// <summary>
/// A directory of our own in which lldb finds each module's file under the module's name, and its debug file under its build id. In a
/// minidump lldb looks for modules by name alone, and takes no debug file without the program; a debug file in the program's place does.
/// </summary>
internal sealed class SymbolLinks : IDisposable
{
    private readonly List<string> _programs = [];

    private SymbolLinks(string directory) => DebugFiles = directory;

    /// <summary>One for each module, as two may have the same name.</summary>
    public IReadOnlyList<string> Programs => _programs;

    public string DebugFiles { get; }

    /// <param name="dump">Whose modules are looked for.</param>
    /// <param name="places">Where else they may be.</param>
    /// <param name="temporary">The directory in which that of the links is made.</param>
    /// <exception cref="IOException">There is no such directory, or it takes nothing.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public static SymbolLinks Of(MinidumpFile dump, SymbolPaths places, string temporary)
    {
        var directory = Path.Combine(temporary, $"vmc-symbols-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
        if (!Directory.Exists(temporary))
        {
            throw new DirectoryNotFoundException("it is not there");
        }

        Directory.CreateDirectory(directory, FileModes.OwnerDoesAll);
        var links = new SymbolLinks(directory);
        var finder = new SymbolFinder(places);
        foreach (var module in dump.Modules.DistinctBy(module => (module.BuildId, Path.GetFileName(module.Path))))
        {
            if (finder.Find(module) is not [var program, ..] files)
            {
                continue;
            }

            if (program.Path != finder.OwnPlace(module))
            {
                links.AddProgram(Path.GetFileName(module.Path), program.Path);
            }

            TryLink(Path.Combine(links.DebugFiles, ".build-id", module.BuildId[..2], module.BuildId[2..] + ".debug"), files[^1].Path);
        }

        return links;
    }

    public void Dispose() => Directory.Delete(DebugFiles, recursive: true);

    private void AddProgram(string name, string target)
    {
        var directory = Path.Combine(DebugFiles, _programs.Count.ToString(CultureInfo.InvariantCulture));
        if (name is not ("" or "." or "..") && TryLink(Path.Combine(directory, name), target))
        {
            _programs.Add(directory);
        }
    }

    /// <summary>The name is a guest's and may be none.</summary>
    private static bool TryLink(string path, string target)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception refused) when (refused is IOException or ArgumentException)
        {
            return false;
        }
    }
}
