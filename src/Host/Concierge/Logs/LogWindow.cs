using System.Text.Unicode;

namespace VmTools.Host.Concierge.Logs;

/// <summary>The newest lines of a log within a limit, in one piece of memory, which grows with what is in it.</summary>
internal sealed class LogWindow
{
    private readonly long _mostBytes;
    private readonly int _reserved;
    private byte[] _bytes = new byte[16 * 1024];
    private int _start;
    private int _end;

    public LogWindow(long mostBytes, int reserved)
    {
        (_mostBytes, _reserved) = (mostBytes, reserved);
        _start = _end = reserved;
    }

    public int Length => _end - _start;

    /// <summary>The lines, with the reserved bytes before them for whatever has to stand there.</summary>
    public Memory<byte> WithReserve => _bytes.AsMemory(_start - _reserved, _reserved + Length);

    /// <summary>Takes a line with its line feed, and lets go of the oldest ones that have no room any more.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        if (line.Length > _mostBytes)
        {
            return;
        }

        if (!Utf8.IsValid(line))
        {
            line = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(line));
        }

        while (Length + line.Length > _mostBytes)
        {
            _start += _bytes.AsSpan(_start, Length).IndexOf((byte)'\n') + 1;
        }

        MakeRoom(line.Length);
        line.CopyTo(_bytes.AsSpan(_end));
        _end += line.Length;
    }

    /// <summary>What was let go of is overwritten once it is half of all.</summary>
    private void MakeRoom(int wanted)
    {
        if (_end + wanted <= _bytes.Length)
        {
            return;
        }

        var kept = _bytes.AsSpan(_start, Length);
        var to = _reserved + Length + wanted > _bytes.Length / 2 ? new byte[Math.Max(2 * _bytes.Length, 2 * wanted + _reserved)] : _bytes;
        kept.CopyTo(to.AsSpan(_reserved));
        (_bytes, _end, _start) = (to, _reserved + Length, _reserved);
    }
}
