using System.Globalization;
using System.Security.Cryptography;
using VmTools.Host.GuestText;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Copying;

/// <summary>
/// Files of a VM on their way into the host: they are unpacked into a new directory beside the target, which no other user can enter,
/// looked at, and moved into place when all is well. A guest made them: only files, directories and symbolic links are taken, without
/// set-user-id bits.
/// </summary>
internal sealed class ReceivedFiles : IDisposable
{
    private readonly string _target;

    private ReceivedFiles(string target, string directory) => (_target, Directory) = (target, directory);

    /// <summary>Where tar is to unpack.</summary>
    public string Directory { get; }

    /// <exception cref="VmToolsException">The target is none that can be written.</exception>
    public static ReceivedFiles For(string path, string baseName)
    {
        if (path.EndsWith('/') && !System.IO.Directory.Exists(path))
        {
            throw new VmToolsException(ErrorKind.NotFound, $"There is no directory '{path}'.");
        }

        var full = Path.GetFullPath(System.IO.Directory.Exists(path) ? Path.Combine(path, baseName) : path);
        var parent = Path.GetDirectoryName(full) ?? "/";
        if (!System.IO.Directory.Exists(parent))
        {
            throw new VmToolsException(ErrorKind.NotFound, $"There is no directory '{parent}'.");
        }

        var unpacked = Path.Combine(
            parent, string.Create(CultureInfo.InvariantCulture, $".vmc-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}"));
        System.IO.Directory.CreateDirectory(unpacked, FileModes.OwnerDoesAll);
        return new ReceivedFiles(full, unpacked);
    }

    /// <exception cref="VmToolsException">The VM sent what is not taken, or something is in the way.</exception>
    public void MoveDirectory()
    {
        if (FileStatus.OfPath(_target) is not null)
        {
            throw new VmToolsException(
                ErrorKind.AlreadyExists, $"'{_target}' is there already, and a directory replaces nothing. Name another place.");
        }

        Check(Directory);
        System.IO.Directory.Move(Directory, _target);
    }

    /// <exception cref="VmToolsException">The VM sent what is not taken, or something is in the way.</exception>
    public void MoveFile()
    {
        if (System.IO.Directory.Exists(_target))
        {
            throw new VmToolsException(
                ErrorKind.AlreadyExists, $"'{_target}' is a directory, and a file does not replace it. Name another place.");
        }

        string[] entries = [.. System.IO.Directory.EnumerateFileSystemEntries(Directory)];
        if (entries is not [var file] || FileStatus.OfPath(file) is not { Kind: FileKind.Regular })
        {
            throw new VmToolsException(ErrorKind.FailedPrecondition, "The VM was asked for a file and sent something else.");
        }

        File.Move(file, _target, overwrite: true);
    }

    public void Dispose()
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            return;
        }

        MakeRemovable(Directory);
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static void Check(string directory)
    {
        foreach (var entry in System.IO.Directory.EnumerateFileSystemEntries(directory))
        {
            switch (FileStatus.OfPath(entry)?.Kind)
            {
                case FileKind.Regular or FileKind.SymbolicLink:
                    break;
                case FileKind.Directory:
                    Check(entry);
                    break;
                default:
                    throw new VmToolsException(
                        ErrorKind.FailedPrecondition,
                        $"'{SafeText.ForCell(Path.GetFileName(entry))}' in the VM is a device, pipe or socket, "
                        + "which is not copied; nothing was.");
            }
        }
    }

    /// <summary>A directory without write permission would keep what is in it.</summary>
    private static void MakeRemovable(string directory)
    {
        File.SetUnixFileMode(directory, FileModes.OwnerDoesAll);
        foreach (var entry in System.IO.Directory.EnumerateFileSystemEntries(directory)
            .Where(entry => FileStatus.OfPath(entry) is { Kind: FileKind.Directory }))
        {
            MakeRemovable(entry);
        }
    }
}
