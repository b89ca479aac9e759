using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>
/// Makes an image of a stranger's files in the VM: a tar with a root file system, an OCI archive, or a directory with an OCI layout. All of
/// it is read and checked before anything is written; what is written appears whole, under the image's own name.
/// </summary>
/// <param name="paths">Where images lie.</param>
/// <param name="tools">Unpack what is compressed, and make digests.</param>
/// <param name="removeTree">Removes a directory with all that is in it.</param>
/// <param name="log">Is told what was unpacked.</param>
internal sealed partial class ImageUnpacker(
    TremplinPaths paths, ToolRun tools, Func<string, CancellationToken, Task> removeTree, ILogger log)
{
    /// <summary>Told the path of the file from which something begins to be made.</summary>
    public Action<string> Begins { get; init; } = static _ => { };

    /// <summary>What must stay free on the stateful disk beside the image, so that the container can do something.</summary>
    private const long Reserve = 64L << 20;

    /// <summary>Of what is told as progress, the half that reading and checking takes.</summary>
    private const int Checked = 40;

    private const int CopyBytes = 1 << 20;

    /// <summary>Makes the image.</summary>
    /// <param name="source">The files; one that the host has sent for this goes.</param>
    /// <param name="image">What it is called from now on.</param>
    /// <param name="progress">Told in percent how far it is.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="VmToolsException">It is no image, not for this machine, or there is no room for it.</exception>
    public async Task UnpackAsync(ImageSource source, Guid image, Action<int> progress, CancellationToken cancel)
    {
        Begins(source.Root);
        Directory.CreateDirectory(paths.Images, FileModes.OwnerDoesAll);
        var place = paths.NewTree(image);
        try
        {
            await Task.Run(() => Unpack(source, place, progress, cancel), cancel);
            Directory.Move(place, paths.Tree(image));
        }
        catch (Exception failure)
        {
            if (Directory.Exists(place))
            {
                await removeTree(place, CancellationToken.None);
            }

            throw failure is LinuxException { Errno: Errno.ENOSPC }
                ? new VmToolsException(ErrorKind.ResourceExhausted, "the VM's disk is full; what was unpacked is removed again", failure)
                : failure is VmToolsException or OperationCanceledException
                    ? failure
                    : new VmToolsException(ErrorKind.Internal, $"the image could not be unpacked: {failure.Message}", failure);
        }
        finally
        {
            if (Path.GetDirectoryName(source.Root) == paths.Incoming)
            {
                File.Delete(source.Root);
            }
        }
    }

    private void Unpack(ImageSource source, string place, Action<int> progress, CancellationToken cancel)
    {
        using var found = Open(source.Root);
        if (Fd.KindOf(found) == FileKind.Directory)
        {
            using var layout = OciBlobs.InDirectory(found);
            UnpackLayers(layout, place, progress, cancel);
            return;
        }

        using var file = ForeignFile.TryReopen(found) ?? throw NoImage(source.Root);
        TreeSurvey survey;
        using (var stream = OpenTar(file))
        {
            survey = TreeSurvey.Of(stream, cancel);
        }

        progress(Checked);
        if (survey.IsOciLayout)
        {
            using var plain = PlainTar(file, survey.Bytes);
            using var layout = OciBlobs.InTar(plain);
            UnpackLayers(layout, place, progress, cancel);
            return;
        }

        RequireMachine(source.Metadata.Length > 0 ? MetadataOf(source.Metadata, cancel) : survey.Metadata, survey.Machine);
        RequireRoom(survey.Bytes);
        using var tree = MakeTree(place);
        var writer = new TreeWriter(tree, Users.EffectiveId == 0);
        using (var stream = OpenTar(file))
        {
            writer.Write(stream, survey.Root, isLayer: false, Share(progress, Checked, survey.Bytes), cancel);
        }

        tree.Flush();

        LogUnpacked(survey.Entries, survey.Bytes, writer.Skipped);
    }

    private void UnpackLayers(OciBlobs blobs, string place, Action<int> progress, CancellationToken cancel)
    {
        var image = OciImage.Find(blobs, tools);
        var surveys = new List<TreeSurvey>();
        foreach (var layer in image.Layers)
        {
            surveys.Add(Verify(blobs, layer, cancel));
            progress(Checked * surveys.Count / image.Layers.Count);
        }

        var bytes = surveys.Sum(survey => survey.Bytes);
        RequireRoom(bytes);
        using var tree = MakeTree(place);
        var writer = new TreeWriter(tree, Users.EffectiveId == 0);
        var before = 0L;
        foreach (var (layer, survey) in image.Layers.Zip(surveys))
        {
            var start = before;
            writer.Apply(survey.Whiteouts);
            using (var stream = Compression.Open(blobs.Open(layer.Blob.Blob), tools))
            {
                var share = Share(progress, Checked, bytes);
                writer.Write(stream, root: "", isLayer: true, read => share(start + read), cancel);
            }

            before += survey.Bytes;
        }

        tree.Flush();

        LogUnpacked(surveys.Sum(survey => survey.Entries), bytes, writer.Skipped);
    }

    /// <summary>Reads a layer whole: both digests of it are right, and all of it can be taken.</summary>
    private TreeSurvey Verify(OciBlobs blobs, OciLayer layer, CancellationToken cancel)
    {
        using (var packed = blobs.Open(layer.Blob.Blob))
        {
            if (DigestOf(packed, cancel) != layer.Blob.Digest)
            {
                throw OciImage.Damaged(layer.Blob.Blob);
            }
        }

        using var sum = new Sha256Sum(tools);
        using var unpacked = Compression.Open(blobs.Open(layer.Blob.Blob), tools);
        using var hashed = new HashedStream(unpacked, sum);
        var survey = TreeSurvey.Of(hashed, cancel, mayBeEmpty: true);
        return $"sha256:{sum.Finish()}" == layer.DiffId ? survey : throw OciImage.Damaged(layer.Blob.Blob);
    }

    private string DigestOf(Stream stream, CancellationToken cancel)
    {
        using var sum = new Sha256Sum(tools);
        var buffer = new byte[CopyBytes];
        while (stream.Read(buffer) is > 0 and var count)
        {
            cancel.ThrowIfCancellationRequested();
            sum.Add(buffer.AsSpan(0, count));
        }

        return $"sha256:{sum.Finish()}";
    }

    /// <summary>metadata.yaml of the tar that lies beside the one with the root.</summary>
    private string? MetadataOf(string path, CancellationToken cancel)
    {
        using var found = Open(path);
        using var file = ForeignFile.TryReopen(found) ?? throw NoImage(path);
        using var stream = OpenTar(file);
        return TreeSurvey.Of(stream, cancel).Metadata;
    }

    private static FdHandle Open(string source)
    {
        try
        {
            return Path.IsPathFullyQualified(source) ? FdHandle.Open(source, OpenFlags.Path) : throw NoImage(source);
        }
        catch (LinuxException failure)
        {
            throw new VmToolsException(ErrorKind.NotFound, $"the VM has no file '{source}' that can be read ({failure.Errno})", failure);
        }
    }

    private Stream OpenTar(FdHandle file) => Compression.Open(new FileRange(file, 0, Fd.SizeOf(file)), tools);

    /// <summary>
    /// An archive whose files can be read where they lie. One that is compressed as a whole is unpacked for the time into a file without a
    /// name, which is gone with us.
    /// </summary>
    private FdHandle PlainTar(FdHandle file, long bytes)
    {
        using var stream = OpenTar(file);
        if (stream.CanSeek)
        {
            return file.Duplicate();
        }

        RequireRoom(bytes);
        var name = $"{paths.Images}/.tar-{Guid.NewGuid():N}";
        var plain = FdHandle.Open(name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive, FileModes.OwnerReadsAndWrites);
        try
        {
            File.Delete(name);
            Copy(stream, plain);
            return plain;
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }

    private static void Copy(Stream from, FdHandle to)
    {
        var buffer = new byte[CopyBytes];
        while (from.Read(buffer) is > 0 and var count)
        {
            for (var written = 0; written < count;)
            {
                var error = Fd.TryWrite(to, buffer.AsSpan(written, count - written), out var more);
                if (error != Errno.None)
                {
                    throw new LinuxException(error, "write a file of the image");
                }

                written += more;
            }
        }
    }

    private static ForeignTree MakeTree(string place)
    {
        Directory.CreateDirectory(place);
        File.SetUnixFileMode(place, FileModes.AllMayLook);
        return ForeignTree.Open(place);
    }

    /// <summary>Its own words count first, and then what its programs are.</summary>
    private static void RequireMachine(string? metadata, string? found)
    {
        var told = metadata is null ? null : LxdMetadata.ArchitectureIn(metadata);
        if ((told ?? found) is { } machine && !ElfMachine.RunsHere(machine))
        {
            throw OciImage.WrongMachine(machine);
        }
    }

    private void RequireRoom(long bytes)
    {
        var free = new DriveInfo(paths.State).AvailableFreeSpace;
        if (free < bytes + Reserve)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"the VM's disk has {free >> 20} MiB free, and the container needs {(bytes + Reserve) >> 20} MiB");
        }
    }

    private static Action<long> Share(Action<int> progress, int start, long bytes) =>
        read => progress(start + (int)Math.Min(99 - start, read * (99 - start) / Math.Max(bytes, 1)));

    private static VmToolsException NoImage(string source) => new(
        ErrorKind.InvalidArgument, $"'{source}' is no image: it has to be a tar, an OCI archive or a directory with an OCI layout");

    [LoggerMessage(1911, LogLevel.Information, "an image is unpacked: {Entries} entries, {Bytes} bytes, {Skipped} devices passed over")]
    private partial void LogUnpacked(long entries, long bytes, long skipped);
}
