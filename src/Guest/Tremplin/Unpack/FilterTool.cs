using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>
/// One of Debian's programs that turns its input into its output: it runs as nobody with two pipes, and what it is given is a stranger's.
/// </summary>
internal sealed class FilterTool : IDisposable
{
    private const int PipeBytes = 1 << 20;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    private readonly string _name;
    private readonly ChildProcess _child;
    private readonly FdHandle _input;
    private readonly FdHandle _output;

    public FilterTool(IReadOnlyList<string> command, ToolRun tools)
    {
        _name = command[0];
        var (inputRead, inputWrite) = Pipe.Create();
        var (outputRead, outputWrite) = Pipe.Create();
        (_input, _output) = (inputWrite, outputRead);
        using (inputRead)
        using (outputWrite)
        {
            Pipe.TryEnlarge(inputWrite, PipeBytes);
            Pipe.TryEnlarge(outputRead, PipeBytes);
            _child = tools.StartFilter(command, inputRead, outputWrite);
        }
    }

    /// <summary>False where it has stopped reading.</summary>
    public bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (Fd.TryWrite(_input, bytes, out var count) != Errno.None)
            {
                return false;
            }

            bytes = bytes[count..];
        }

        return true;
    }

    /// <summary>No more comes.</summary>
    public void EndInput() => _input.Dispose();

    /// <summary>0 at the end of what it writes.</summary>
    public int Read(Span<byte> buffer) => Fd.TryRead(_output, buffer, out var count) == Errno.None ? count : 0;

    /// <summary>After the end of its output.</summary>
    /// <exception cref="VmToolsException">It did not like what it was given.</exception>
    public void ExpectSuccess()
    {
        if (!_child.Exited.Wait(EndLimit) || _child.Exited.Result.Code != 0)
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"it cannot be unpacked: {_name} found it damaged");
        }
    }

    /// <summary>It neither reads nor writes any more.</summary>
    public void Kill() => _child.Signal(Signal.Kill);

    public void Dispose()
    {
        Kill();
        _input.Dispose();
        _output.Dispose();
    }
}
