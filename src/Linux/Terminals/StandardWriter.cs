using System.Text;
using VmTools.Linux.Loop;

namespace VmTools.Linux.Terminals;

/// <summary>
/// Standard output (1) or error (2) as text in UTF-8, each call one write. The runtime's own console would put the terminal into keypad
/// mode at its first use and never take that back, and would hide that the reader of a pipe has left.
/// </summary>
public sealed class StandardWriter : TextWriter
{
    private readonly int _number;
    private readonly FdHandle _fd;
    private readonly bool _isTold;
    private readonly Lock _gate = new();

    internal StandardWriter(FdHandle fd, int number, bool isTold)
    {
        _number = number;
        _fd = fd;
        _isTold = isTold;
        CoreNewLine = ['\n'];
    }

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>The result of a program: what cannot be written is an <see cref="OutputLostException"/>.</summary>
    public static StandardWriter Output() => new(FdHandle.Standard(1), 1, isTold: true);

    /// <summary>What is said beside the result: what cannot be written is lost, because there is no other place to say so.</summary>
    public static StandardWriter Error() => new(FdHandle.Standard(2), 2, isTold: false);

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(buffer.Length)];
        Write(bytes.AsSpan(0, Encoding.UTF8.GetBytes(buffer, bytes)));
    }

    public override void WriteLine() => Write("\n");

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void WriteLine(ReadOnlySpan<char> buffer) => Write($"{buffer}\n");

    /// <summary>What is no text, for instance a file.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            while (bytes.Length > 0)
            {
                var outcome = Fd.TryWrite(_fd, bytes, out var count);
                bytes = bytes[count..];
                if (outcome == Errno.EAGAIN)
                {
                    AwaitRoom();
                }
                else if (outcome != Errno.None && _isTold)
                {
                    throw new OutputLostException(_number, outcome);
                }
                else if (outcome != Errno.None)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Another process that shares the description has made it non-blocking.</summary>
    private void AwaitRoom()
    {
        using var epoll = new Epoll();
        epoll.Add(_fd, EpollEvents.Out, 0);
        epoll.Wait(stackalloc EpollEvent[1], -1);
    }
}
