namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>What a decompressor makes of a stream, which a task of its own feeds to it.</summary>
internal sealed class UnpackingStream : Stream
{
    private const int BufferBytes = 128 * 1024;

    private readonly Stream _packed;
    private readonly FilterTool _tool;
    private readonly Task _feeding;
    private bool _ended;

    public UnpackingStream(Stream packed, FilterTool tool)
    {
        (_packed, _tool) = (packed, tool);
        _feeding = Task.Factory.StartNew(Feed, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="Protocol.VmToolsException">At the end: what came was not all.</exception>
    public override int Read(Span<byte> buffer)
    {
        var count = buffer.Length == 0 || _ended ? 0 : _tool.Read(buffer);
        if (count == 0 && buffer.Length > 0 && !_ended)
        {
            _ended = true;
            _feeding.GetAwaiter().GetResult();
            _tool.ExpectSuccess();
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // A killed tool reads no more, so that the feeding ends.
            _tool.Kill();
            ((IAsyncResult)_feeding).AsyncWaitHandle.WaitOne();
            _tool.Dispose();
            _packed.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Feed()
    {
        try
        {
            var buffer = new byte[BufferBytes];
            while (_packed.Read(buffer) is > 0 and var count && _tool.TryWrite(buffer.AsSpan(0, count)))
            {
                // Until one of them ends.
            }
        }
        finally
        {
            _tool.EndInput();
        }
    }
}
