using VmTools.Guest.Vshd.Frames;
using VmTools.Guest.Vshd.Loop;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>One stream from the program.</summary>
internal sealed class SessionOutput(OutputStream stream, WatchedFd source) : IDisposable
{
    public OutputStream Stream => stream;

    public WatchedFd Source => source;

    /// <summary>False once the stream has ended and its end was told.</summary>
    public bool IsOpen { get; private set; } = true;

    public void Close() => IsOpen = false;

    public void Dispose() => source.Dispose();
}
