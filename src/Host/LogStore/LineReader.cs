namespace VmTools.Host.LogStore;

/// <summary>The whole lines of a file that may still be written: what has no line feed yet is left for the next time.</summary>
internal sealed class LineReader(Stream stream) : IDisposable
{
    /// <summary>A record has at most 64 KiB, which scrubbing makes up to seven times as long; what is longer is no line of ours.</summary>
    public const int MaxLine = 512 * 1024;

    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private bool _isTooLong;

    /// <summary>False at the end of what there is. The line is valid until the next call.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        var searched = _start;
        while (true)
        {
            var feed = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                line = _buffer.AsMemory(_start, searched + feed - _start);
                _start = searched + feed + 1;
                if (!_isTooLong && line.Length <= MaxLine)
                {
                    return true;
                }

                _isTooLong = false;
                searched = _start;
                continue;
            }

            searched = MakeRoom();
            var count = stream.Read(_buffer, _end, _buffer.Length - _end);
            if (count == 0)
            {
                line = default;
                return false;
            }

            _end += count;
        }
    }

    public void Dispose() => stream.Dispose();

    /// <summary>The place at which the search goes on.</summary>
    private int MakeRoom()
    {
        if (_end - _start > MaxLine)
        {
            _isTooLong = true;
            _start = _end;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        return _end;
    }
}
