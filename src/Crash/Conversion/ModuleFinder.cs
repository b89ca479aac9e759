using VmTools.Crash.Cores;

namespace VmTools.Crash.Conversion;

/// <summary>
/// Makes modules of the mapped pieces of files. Pieces of the same file belong together as far as the file's own headers reach, or, where
/// these are not in the core, until its beginning is mapped again.
/// </summary>
internal sealed class ModuleFinder(LoadTable loads, IReadOnlyDictionary<ulong, ImageHead> images, ProcessFacts facts)
{
    private const string Deleted = " (deleted)";
    private const string KernelLibraryName = "linux-gate.so";
    private const int PageSize = 4096;

    /// <summary>The program first, as readers expect; then by address.</summary>
    public List<CoreModule> Find(IReadOnlyList<FileMapping> files, ulong entry, ulong kernelLibrary)
    {
        var modules = Groups(files).Where(IsModule).Select(Module).ToList();
        if (images.TryGetValue(kernelLibrary, out var library) && kernelLibrary != 0)
        {
            modules.Add(new CoreModule(
                kernelLibrary, kernelLibrary + Math.Max(library.Span, PageSize), KernelLibraryName, library.BuildId));
        }

        var program = modules.FindIndex(module => entry >= module.Start && entry < module.End);
        program = program < 0 ? modules.FindIndex(module => module.Path == NameOf(facts.Executable)) : program;
        if (program > 0)
        {
            var first = modules[program];
            modules.RemoveAt(program);
            modules.Insert(0, first);
        }

        return modules;
    }

    private List<List<FileMapping>> Groups(IReadOnlyList<FileMapping> files)
    {
        var groups = new List<List<FileMapping>>();
        foreach (var file in files.Where(file => file.End > file.Start))
        {
            if (groups.Count > 0 && Continues(groups[^1], file))
            {
                groups[^1].Add(file);
            }
            else
            {
                groups.Add([file]);
            }
        }

        return groups;
    }

    private bool Continues(List<FileMapping> group, FileMapping file)
    {
        var first = group[0];
        if (first.File != file.File || file.Start < group[^1].End)
        {
            return false;
        }

        return images.TryGetValue(first.Start, out var image) && image.Span > 0
            ? file.Start - first.Start < image.Span
            : file.OffsetInPages > 0;
    }

    /// <summary>Files that are only read, such as translations or a library that the program looks into, are none.</summary>
    private bool IsModule(List<FileMapping> group)
    {
        var mapped = group.Select(file => loads.Find(file.Start)).ToList();
        return mapped.Exists(load => load is { IsExecutable: true })
            || (mapped.Contains(null) && images.ContainsKey(group[0].Start));
    }

    private CoreModule Module(List<FileMapping> group)
    {
        var (start, path) = (group[0].Start, group[0].File);
        var image = images.GetValueOrDefault(start);
        if (image is null or { BuildId.Length: 0 } && facts.ReadMappedFile?.Invoke(path, start) is { } bytes)
        {
            image = ImageHead.TryRead(bytes, out var read) ? read : image;
        }

        return new CoreModule(start, group[^1].End, NameOf(path), image?.BuildId ?? []);
    }

    /// <summary>A debugger looks for the file by its name, and knows by the build id whether another one has it now.</summary>
    private static string NameOf(string path) => path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
}
