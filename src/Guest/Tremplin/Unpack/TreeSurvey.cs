using System.Text;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>
/// What a tar holds, found by reading it once before anything is written: how much room it takes, whether all of it can be taken, for which
/// processor it is, and what it is.
/// </summary>
internal sealed class TreeSurvey
{
    /// <summary>The smallest room a file takes on the disk, with its inode.</summary>
    private const long BlockBytes = 4096;

    private const int MaxMetadata = 64 * 1024;

    /// <summary>What may follow the end of a tar.</summary>
    private const long MaxTail = 1L << 30;

    private const string OwnRoot = "rootfs";

    private readonly Dictionary<string, int> _machines = new(StringComparer.Ordinal);
    private readonly List<string> _whiteouts = [];
    private string? _foreign;
    private bool _hasRootDirectory;
    private bool _hasLayout;
    private bool _hasIndex;

    public long Entries { get; private set; }

    /// <summary>So much room it takes on the disk.</summary>
    public long Bytes { get; private set; }

    /// <summary>The names of whiteouts, in order.</summary>
    public IReadOnlyList<string> Whiteouts => _whiteouts;

    /// <summary>metadata.yaml at its top; null where there is none.</summary>
    public string? Metadata { get; private set; }

    /// <summary>An OCI image layout (image-spec, image-layout.md).</summary>
    public bool IsOciLayout => _hasLayout && _hasIndex;

    /// <summary>Where in it the root file system lies: at its top, or below "rootfs" with its metadata beside it.</summary>
    public string Root => _hasRootDirectory && Metadata is not null ? OwnRoot : "";

    /// <summary>For which processor most of its programs are; null where it has none.</summary>
    public string? Machine => _machines.Count == 0 ? null : _machines.MaxBy(pair => pair.Value).Key;

    /// <summary>Reads a tar to its end.</summary>
    /// <param name="stream">The tar.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="mayBeEmpty">A layer may: it was made by a step that changed nothing.</param>
    /// <exception cref="VmToolsException">It is none, or holds what cannot be taken.</exception>
    public static TreeSurvey Of(Stream stream, CancellationToken cancel, bool mayBeEmpty = false)
    {
        var survey = new TreeSurvey();
        var tar = new TarReader(stream);
        while (tar.TryNext())
        {
            cancel.ThrowIfCancellationRequested();
            survey.Add(tar);
        }

        if (!stream.CanSeek)
        {
            Drain(stream);
        }

        // The files of an archive of layers belong to whoever has made it.
        return survey._foreign is { } foreign && !survey.IsOciLayout ? throw Refused(foreign)
            : survey.Entries > 0 || mayBeEmpty ? survey
            : throw Refused("there is nothing in it");
    }

    /// <summary>Names that lead out of the tree are refused here.</summary>
    private void Add(TarReader tar)
    {
        var entry = tar.Entry;
        var shown = ForeignTree.Shown(entry.Name);
        if (!TarName.TryRead(entry.Name, out var name))
        {
            throw Refused($"the name '{Short(shown)}' leads upwards or is too long");
        }

        if (entry.Uid >= UidRange.Size || entry.Gid >= UidRange.Size)
        {
            _foreign ??= $"'{Short(shown)}' belongs to user {entry.Uid} and group {entry.Gid}; "
                + $"a container has none beyond {UidRange.Size - 1}";
        }

        Entries++;
        Bytes += RoomFor(entry);
        if (Entries > UnpackLimits.MaxEntries || Bytes > UnpackLimits.MaxBytes)
        {
            throw Refused($"it holds more than {UnpackLimits.MaxEntries} entries or {UnpackLimits.MaxBytes >> 30} GiB");
        }

        var leaf = TarName.LeafOf(name);
        if (leaf.StartsWith(TarName.Whiteout, StringComparison.Ordinal))
        {
            _whiteouts.Add(name);
        }

        Recognize(tar, name, leaf);
    }

    private void Recognize(TarReader tar, string name, string leaf)
    {
        var isFile = tar.Entry.Kind == TarKind.File;
        _hasRootDirectory |= name == OwnRoot || name.StartsWith($"{OwnRoot}/", StringComparison.Ordinal);
        _hasLayout |= isFile && name == OciNames.Layout;
        _hasIndex |= isFile && name == OciNames.Index;
        if (isFile && name == "metadata.yaml" && tar.Entry.Length <= MaxMetadata)
        {
            var text = new byte[tar.Entry.Length];
            Metadata = Encoding.UTF8.GetString(text, 0, ReadStart(tar, text));
        }
        else if (isFile && (tar.Entry.Mode & UnixFileMode.UserExecute) != 0 && !leaf.Contains(".so", StringComparison.Ordinal))
        {
            Span<byte> start = stackalloc byte[ElfMachine.HeaderBytes];
            if (ElfMachine.Read(start[..ReadStart(tar, start)]) is { } machine)
            {
                _machines[machine] = _machines.GetValueOrDefault(machine) + 1;
            }
        }
    }

    private static int ReadStart(TarReader tar, Span<byte> buffer)
    {
        var length = 0;
        while (length < buffer.Length && tar.Read(buffer[length..]) is > 0 and var count)
        {
            length += count;
        }

        return length;
    }

    private static long RoomFor(TarEntry entry) =>
        entry.Kind == TarKind.HardLink
            ? 256
            : BlockBytes + (((entry.Kind == TarKind.File ? entry.Stored : 0) + BlockBytes - 1) & -BlockBytes);

    private static void Drain(Stream stream)
    {
        var buffer = new byte[64 * 1024];
        var total = 0L;
        while (stream.Read(buffer) is > 0 and var count)
        {
            if ((total += count) > MaxTail)
            {
                throw Refused("something without an end follows it");
            }
        }
    }

    private static string Short(string name) => name.Length <= 200 ? name : $"{name[..200]}…";

    private static VmToolsException Refused(string why) => new(ErrorKind.InvalidArgument, $"the image cannot be taken: {why}");
}
