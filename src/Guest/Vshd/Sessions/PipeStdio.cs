using VmTools.Guest.Vshd.Frames;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>Three pipes: standard output and error stay apart, and the end of each stream is seen as such.</summary>
internal sealed class PipeStdio : ISessionStdio
{
    /// <summary>Bulk is bound by how often program and shell server take turns on the CPU.</summary>
    private const int PipeBytes = 256 * 1024;

    private readonly List<FdHandle> _programEnds = [];
    private readonly List<SessionOutput> _outputs = [];

    public PipeStdio(FdLoop loop, LoopSignal wake)
    {
        try
        {
            var (inputRead, inputWrite) = Pipe.Create();
            _programEnds.Add(inputRead);
            Input = Watch(loop, inputWrite, wake);
            foreach (var stream in (ReadOnlySpan<OutputStream>)[OutputStream.Output, OutputStream.Error])
            {
                var (read, write) = Pipe.Create();
                _programEnds.Add(write);
                _outputs.Add(new SessionOutput(stream, Watch(loop, read, wake)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public WatchedFd? Input { get; private set; }

    public IReadOnlyList<SessionOutput> Outputs => _outputs;

    public SpawnRequest Attach(SpawnRequest request) => request with
    {
        NewSession = true,
        StandardInput = _programEnds[0],
        StandardOutput = _programEnds[1],
        StandardError = _programEnds[2],
    };

    public void Attached()
    {
        _programEnds.ForEach(end => end.Dispose());
        _programEnds.Clear();
    }

    public void Resize(int rows, int columns)
    {
        // Pipes have no size.
    }

    public void EndInput(InputQueue queue) => queue.CloseWhenEmpty();

    public void CloseInput()
    {
        Input?.Dispose();
        Input = null;
    }

    public int GroupToSignal(int programPid) => programPid;

    public void Dispose()
    {
        Attached();
        CloseInput();
        _outputs.ForEach(output => output.Dispose());
    }

    private static WatchedFd Watch(FdLoop loop, FdHandle end, LoopSignal wake)
    {
        Fd.SetNonBlocking(end, true);
        Pipe.TryEnlarge(end, PipeBytes);
        return loop.Watch(end, wake);
    }
}
