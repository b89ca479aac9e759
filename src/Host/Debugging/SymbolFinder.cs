using VmTools.Crash.Minidumps;

namespace VmTools.Host.Debugging;

/// <summary>
/// Finds the files of modules by their build ids: among the files that were named, those in directories that were named, and in
/// <c>.build-id</c> below each place for debug files, as gdb's manual has it ("Debugging Information in Separate Files").
/// </summary>
internal sealed class SymbolFinder
{
    private const int MostFiles = 4096;

    private readonly SymbolPaths _places;
    private readonly ILookup<string, SymbolFile> _named;

    public SymbolFinder(SymbolPaths places)
    {
        _places = places;
        _named = places.Symbols.SelectMany(path => Directory.Exists(path) ? FilesIn(path) : [path])
            .Select(SymbolFile.TryRead).OfType<SymbolFile>().ToLookup(file => file.BuildId);
    }

    /// <summary>The path at which lldb looks by itself; null where the name is no whole path.</summary>
    public string? OwnPlace(MinidumpModule module) => module.Path.StartsWith('/') ? _places.Sysroot + module.Path : null;

    /// <summary>Those with code first, of these the one in its own place.</summary>
    public IReadOnlyList<SymbolFile> Find(MinidumpModule module)
    {
        if (module.BuildId.Length <= 2)
        {
            return [];
        }

        string[] places = OwnPlace(module) is { } own ? [own] : [];
        return
        [
            .. places.Concat(_places.DebugFiles.SelectMany(place => Stored(place, module.BuildId)))
                .Select(SymbolFile.TryRead).OfType<SymbolFile>().Where(file => file.BuildId == module.BuildId)
                .Concat(_named[module.BuildId])
                .OrderByDescending(file => file.HasCode),
        ];
    }

    private static string[] Stored(string place, string buildId)
    {
        var path = Path.Combine(place, ".build-id", buildId[..2], buildId[2..]);
        return [path, path + ".debug"];
    }

    private static List<string> FilesIn(string directory)
    {
        try
        {
            return Directory.EnumerateFiles(directory).Take(MostFiles).Order(StringComparer.Ordinal).ToList();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
