using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>
/// Puts the entries of tars into a tree: layer over layer (image-spec, layer.md), or the one that is a whole root. What a later entry names
/// replaces what is there; directories stay with what is in them.
/// </summary>
/// <param name="tree">The tree.</param>
/// <param name="own">Whether entries are given to whom they belong: only root can.</param>
internal sealed class TreeWriter(ForeignTree tree, bool own)
{
    private const int BufferBytes = 256 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>Times of directories are set at the end: what is put into one changes its own.</summary>
    private readonly Dictionary<string, (long Seconds, int Nanoseconds)> _directories = new(StringComparer.Ordinal);

    /// <summary>Devices and sockets are passed over: a container gets its devices from LXC.</summary>
    public long Skipped { get; private set; }

    /// <summary>Takes away what a layer says is not there any more: before it is applied, as it can only mean what lies below it.</summary>
    public void Apply(IReadOnlyList<string> whiteouts)
    {
        foreach (var name in whiteouts)
        {
            var (directory, leaf) = (TarName.DirectoryOf(name), TarName.LeafOf(name));
            var hidden = leaf[TarName.Whiteout.Length..];
            if (leaf == TarName.Opaque)
            {
                tree.Empty(directory);
            }
            else if (hidden is not ("" or "." or "..") && !hidden.StartsWith(TarName.Whiteout, StringComparison.Ordinal))
            {
                tree.Remove(directory.Length == 0 ? hidden : $"{directory}/{hidden}");
            }
        }
    }

    /// <summary>Puts in all that a tar holds.</summary>
    /// <param name="stream">The tar.</param>
    /// <param name="root">Only what lies below this directory of it, as if that were its top; all where it is empty.</param>
    /// <param name="isLayer">Whiteouts are passed over.</param>
    /// <param name="read">Told how many bytes of the tar have been read, ever more.</param>
    /// <param name="cancel">Ends it.</param>
    public void Write(Stream stream, string root, bool isLayer, Action<long> read, CancellationToken cancel)
    {
        var tar = new TarReader(stream);
        while (tar.TryNext())
        {
            cancel.ThrowIfCancellationRequested();
            read(tar.Position);
            if (!TarName.TryRead(tar.Entry.Name, out var name))
            {
                throw new VmToolsException(ErrorKind.InvalidArgument, "the image has changed while it was read");
            }

            if (TryBelow(root, ref name) && !(isLayer && TarName.LeafOf(name).StartsWith(TarName.Whiteout, StringComparison.Ordinal)))
            {
                Put(tar, root, name);
            }
        }

        SetDirectoryTimes();
    }

    private static bool TryBelow(string root, ref string name)
    {
        if (root.Length == 0 || name == root)
        {
            name = root.Length == 0 ? name : "";
            return true;
        }

        var isBelow = name.StartsWith($"{root}/", StringComparison.Ordinal);
        name = isBelow ? name[(root.Length + 1)..] : name;
        return isBelow;
    }

    private void Put(TarReader tar, string root, string name)
    {
        var entry = tar.Entry;
        if (name.Length == 0 && entry.Kind != TarKind.Directory)
        {
            throw Refused(entry, "stands in the place of the root directory");
        }

        switch (entry.Kind)
        {
            case TarKind.File:
                PutFile(tar, name);
                break;
            case TarKind.Directory:
                tree.MakeDirectory(name);
                Dress(name, entry, entry.Mode);
                _directories[name] = (entry.Changed, entry.ChangedNanoseconds);
                return;
            case TarKind.SymbolicLink when entry.Target.Length is > 0 and <= UnpackLimits.MaxName:
                tree.MakeSymbolicLink(name, entry.Target);
                Dress(name, entry, mode: null);
                break;
            case TarKind.HardLink:
                PutHardLink(entry, root, name);
                return;
            case TarKind.Fifo:
                tree.MakeFifo(name);
                Dress(name, entry, entry.Mode);
                break;
            case TarKind.Other:
                Skipped++;
                return;
            default:
                throw Refused(entry, "is a link to nowhere");
        }

        tree.SetTime(name, entry.Changed, entry.ChangedNanoseconds);
    }

    private void PutFile(TarReader tar, string name)
    {
        var entry = tar.Entry;
        using (var file = tree.MakeFile(name))
        {
            foreach (var piece in entry.Pieces ?? [new FilePiece(0, entry.Length)])
            {
                Copy(tar, file, piece);
            }

            if (entry.Pieces is not null && Fd.TryTruncate(file, entry.Length) is not Errno.None and var error)
            {
                throw new LinuxException(error, "write", ForeignTree.Shown(name));
            }
        }

        Dress(name, entry, entry.Mode);
    }

    private void Copy(TarReader tar, FdHandle file, FilePiece piece)
    {
        for (var done = 0L; done < piece.Length;)
        {
            var count = tar.Read(_buffer.AsSpan(0, (int)Math.Min(_buffer.Length, piece.Length - done)));
            for (var written = 0; written < count;)
            {
                var error = Fd.TryWriteAt(file, _buffer.AsSpan(written, count - written), piece.Offset + done + written, out var more);
                if (error != Errno.None)
                {
                    throw new LinuxException(error, "write", ForeignTree.Shown(tar.Entry.Name));
                }

                written += more;
            }

            done += count;
        }
    }

    /// <summary>A second name for something in the same tree; its owner, mode and content are those of the first.</summary>
    private void PutHardLink(TarEntry entry, string root, string name)
    {
        if (!TarName.TryRead(entry.Target, out var target) || !TryBelow(root, ref target) || target.Length == 0)
        {
            throw Refused(entry, "is a link out of the image");
        }

        if (target != name)
        {
            tree.MakeHardLink(name, target);
        }
    }

    /// <summary>Owner first: a change of it takes set-user-id bits and capabilities away.</summary>
    private void Dress(string name, TarEntry entry, UnixFileMode? mode)
    {
        if (own)
        {
            tree.SetOwner(name, (uint)entry.Uid, (uint)entry.Gid);
        }

        if (mode is { } bits)
        {
            tree.SetMode(name, bits);
        }

        foreach (var (key, value) in entry.Attributes)
        {
            if (IsKept(key) && (own || key.StartsWith("user.", StringComparison.Ordinal)))
            {
                // A file system without attributes, or one that has them on files only, is no reason to do without the image.
                _ = tree.TrySetAttribute(name, key, value);
            }
        }
    }

    private void SetDirectoryTimes()
    {
        foreach (var (name, (seconds, nanoseconds)) in _directories)
        {
            try
            {
                tree.SetTime(name, seconds, nanoseconds);
            }
            catch (LinuxException)
            {
                // A later entry has replaced it.
            }
        }

        _directories.Clear();
    }

    /// <summary>
    /// Those that mean something in a container. "trusted." is the kernel's own: overlayfs would take an image's for its own notes.
    /// </summary>
    private static bool IsKept(string key) =>
        (key.StartsWith("user.", StringComparison.Ordinal) && !key.StartsWith("user.overlay.", StringComparison.Ordinal))
        || key is "security.capability" or "system.posix_acl_access" or "system.posix_acl_default";

    private static VmToolsException Refused(TarEntry entry, string why) =>
        new(ErrorKind.InvalidArgument, $"the image cannot be taken: '{ForeignTree.Shown(entry.Name)}' {why}");
}
