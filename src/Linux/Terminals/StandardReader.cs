using System.Text;
using VmTools.Linux.Loop;

namespace VmTools.Linux.Terminals;

/// <summary>
/// Lines of standard input, for answers to questions. A wait for the next one can be cancelled, which the runtime's console cannot, and the
/// terminal stays as it is.
/// </summary>
public sealed class StandardReader : TextReader
{
    /// <summary>As long as a line of a terminal may be.</summary>
    private const int LongestLine = 4096;

    private readonly FdHandle _fd;
    private readonly byte[] _buffer = new byte[LongestLine];
    private int _filled;

    public StandardReader()
        : this(FdHandle.Standard(0))
    {
    }

    internal StandardReader(FdHandle fd) => _fd = fd;

    /// <summary>Null at the end of the input; a line that is far too long comes in pieces.</summary>
    public override async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_buffer.AsSpan(0, _filled).IndexOf((byte)'\n') is >= 0 and var end)
            {
                return Take(end, end + 1);
            }

            if (_filled == _buffer.Length)
            {
                return Take(_filled, _filled);
            }

            if (!await FillAsync(cancellationToken))
            {
                return _filled > 0 ? Take(_filled, _filled) : null;
            }
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancel)
    {
        try
        {
            await Readiness.WaitAsync(_fd, EpollEvents.In, cancel);
        }
        catch (LinuxException refused) when (refused.Errno == Errno.EPERM)
        {
            // A file never lets its reader wait.
        }

        Syscall.Check(Fd.TryRead(_fd, _buffer.AsSpan(_filled), out var count), "read", "standard input");
        _filled += count;
        return count > 0;
    }

    private string Take(int length, int consumed)
    {
        var line = Encoding.UTF8.GetString(_buffer, 0, length);
        _buffer.AsSpan(consumed, _filled - consumed).CopyTo(_buffer);
        _filled -= consumed;
        return line;
    }
}
