namespace VmTools.Linux.Files;

/// <summary>A directory and those that lead to it.</summary>
public static class DirectoryPath
{
    /// <summary>
    /// Makes what is missing, each level with this mode. <see cref="Directory.CreateDirectory(string, UnixFileMode)"/> has the mode for the
    /// last level alone: under an empty umask, as a first process has it, everybody could write to the others.
    /// </summary>
    public static void Make(string path, UnixFileMode mode)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Directory.Exists(full))
        {
            return;
        }

        if (Path.GetDirectoryName(full) is { } parent)
        {
            Make(parent, mode);
        }

        Directory.CreateDirectory(full, mode);
    }
}
