using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>One file on its way from the host. It is gone when this is disposed before it was whole.</summary>
internal sealed class IncomingFile : IDisposable
{
    /// <summary>Between two looks at how much room is left.</summary>
    private const long BetweenLooks = 16L << 20;

    private readonly IncomingFiles _files;
    private readonly FileStream _stream;
    private long _nextLook;
    private bool _isWhole;

    public IncomingFile(string path, IncomingFiles files)
    {
        (Path, _files) = (path, files);
        _stream = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = FileModes.OwnerReadsAndWrites,
            });
    }

    public string Path { get; }

    public long Bytes { get; private set; }

    /// <exception cref="VmToolsException">The VM's disk is full, or nearly so.</exception>
    public void Write(ReadOnlySpan<byte> content)
    {
        if (Bytes >= _nextLook)
        {
            _nextLook = Bytes + BetweenLooks;
            _files.RequireRoom((ulong)content.Length);
        }

        try
        {
            _stream.Write(content);
        }
        catch (IOException failure)
        {
            throw new VmToolsException(ErrorKind.ResourceExhausted, $"the file could not be written: {failure.Message}", failure);
        }

        Bytes += content.Length;
    }

    /// <summary>It is whole and may be used.</summary>
    public void Finish()
    {
        _stream.Dispose();
        _isWhole = true;
        _files.Wait(Path);
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (!_isWhole)
        {
            File.Delete(Path);
        }
    }
}
