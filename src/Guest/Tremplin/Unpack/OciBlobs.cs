using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>The files of an OCI image layout: in a directory, or in a tar that is not compressed and is read where it lies.</summary>
internal sealed class OciBlobs : IDisposable
{
    private readonly FdHandle _place;
    private readonly Dictionary<string, (long Start, long Length)>? _inTar;

    private OciBlobs(FdHandle place, Dictionary<string, (long Start, long Length)>? inTar) => (_place, _inTar) = (place, inTar);

    public static OciBlobs InDirectory(FdHandle directory) => new(directory.Duplicate(), inTar: null);

    public static OciBlobs InTar(FdHandle file)
    {
        var places = new Dictionary<string, (long Start, long Length)>(StringComparer.Ordinal);
        using var stream = new FileRange(file, 0, Fd.SizeOf(file));
        var tar = new TarReader(stream);
        while (tar.TryNext())
        {
            var entry = tar.Entry;
            if (entry is { Kind: TarKind.File, Pieces: null } && TarName.TryRead(entry.Name, out var name))
            {
                places[name] = (tar.Position, entry.Stored);
            }
        }

        return new OciBlobs(file.Duplicate(), places);
    }

    /// <summary>A file of the layout as a stream that stands at its beginning; the file may go away meanwhile.</summary>
    public Stream Open(string name)
    {
        if (_inTar is not null)
        {
            return _inTar.TryGetValue(name, out var place) ? new FileRange(_place, place.Start, place.Length) : throw Missing(name);
        }

        var file = ForeignFile.TryOpenBelow(_place, name) ?? throw Missing(name);
        return new FileRange(file, 0, Fd.SizeOf(file)) { IsOwner = true };
    }

    public void Dispose() => _place.Dispose();

    private static VmToolsException Missing(string name) =>
        new(ErrorKind.InvalidArgument, $"the image cannot be taken: its file {name} is missing");
}
