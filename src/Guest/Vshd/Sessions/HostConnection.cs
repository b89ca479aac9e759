using VmTools.Guest.Vshd.Frames;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>The connection to the host with its frames of both directions.</summary>
internal sealed class HostConnection : IDisposable
{
    private readonly FdLoop _loop;

    public HostConnection(FdLoop loop, FdHandle socket, ReadOnlySpan<byte> read)
    {
        _loop = loop;
        Wake = new LoopSignal(loop);
        Socket = loop.Watch(socket, Wake);
        Inbound.Put(read);
    }

    /// <summary>Raised when anything of this session has happened.</summary>
    public LoopSignal Wake { get; }

    public WatchedFd Socket { get; }

    public InboundFrames Inbound { get; } = new();

    public OutboundFrames Outbound { get; } = new();

    /// <summary>Nothing more can be exchanged.</summary>
    public bool IsLost => Inbound.IsMalformed || Outbound.IsBroken || Socket.IsHungUp;

    /// <summary>Runs <paramref name="step"/> whenever something happened until it says it is done; false when time is over first.</summary>
    public async Task<bool> UntilAsync(Func<bool> step, TimeSpan limit)
    {
        using var deadline = new LoopDeadline(_loop, limit, Wake);
        while (!step())
        {
            if (deadline.HasPassed)
            {
                return false;
            }

            await Wake;
        }

        return true;
    }

    /// <summary>Waits until everything is on its way to the host, or the connection is lost; false when time is over first.</summary>
    public Task<bool> FlushAsync(TimeSpan limit) => UntilAsync(
        () =>
        {
            while (Outbound.Flush(Socket))
            {
            }

            return Outbound.IsEmpty || IsLost;
        },
        limit);

    public void Dispose()
    {
        Socket.Dispose();
        Inbound.Dispose();
        Outbound.Dispose();
    }
}
