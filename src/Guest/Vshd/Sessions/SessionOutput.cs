using VmTools.Guest.Vshd.Loop;
using VmTools.Protocol.Messages.Vsh;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>One stream from the program.</summary>
internal sealed class SessionOutput(StdioStream stream, WatchedFd source) : IDisposable
{
    public StdioStream Stream => stream;

    public WatchedFd Source => source;

    /// <summary>False once the stream has ended and its end was told.</summary>
    public bool IsOpen { get; private set; } = true;

    public void Close() => IsOpen = false;

    public void Dispose() => source.Dispose();
}
