using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Host.VsockDevice.Network;

/// <summary>
/// Carries Ethernet frames between a VMM and its user-mode network, and keeps those of the guest that <see cref="FrameFilter"/> refuses.
/// The network is dialled until it is up, and with each frame where it is not there. While one side takes nothing, one frame of the
/// other waits here and the rest in that side's socket, so memory is bounded. While no frame comes nothing wakes up.
/// </summary>
internal sealed partial class FrameRelay : IDisposable
{
    /// <summary>slirp4netns takes a tenth of a second to listen, and several on a busy machine.</summary>
    private const int MostDials = 200;
    private static readonly TimeSpan BetweenDials = TimeSpan.FromMilliseconds(50);

    private readonly EventLoop _loop;
    private readonly ILogger _log;
    private readonly string _networkPath;
    private readonly FrameEnd _guest;
    private readonly LoopTimer _again;
    private FrameEnd? _network;
    private bool _hasFailed;
    private int _dials;

    /// <param name="guest">The peer of the VMM's descriptor (SOCK_SEQPACKET); this object's from here on.</param>
    /// <param name="networkPath">Where the user-mode network listens.</param>
    /// <param name="loop">Owns the thread.</param>
    /// <param name="log">Told when the network goes.</param>
    public FrameRelay(FdHandle guest, string networkPath, EventLoop loop, ILogger log)
    {
        (_networkPath, _loop, _log) = (networkPath, loop, log);
        Fd.SetNonBlocking(guest, on: true);
        _guest = new FrameEnd(guest, loop, FromGuest);
        _again = loop.AddTimer(DialUntilUp);
        _again.Set(BetweenDials);
    }

    public void Dispose()
    {
        _again.Clear();
        _guest.Dispose();
        _network?.Dispose();
    }

    /// <summary>A frame that finds no network is lost, as on a cable that is not plugged in.</summary>
    private bool FromGuest(ReadOnlySpan<byte> frame)
    {
        if (!FrameFilter.MayLeave(frame) || (_network ?? Dial()) is not { } network)
        {
            return true;
        }

        var outcome = network.TrySend(frame);
        if (outcome == Errno.EAGAIN)
        {
            network.WhenWritable(_guest.Resume);
            return false;
        }

        if (outcome != Errno.None)
        {
            LoseNetwork(outcome);
        }

        return true;
    }

    private bool FromNetwork(ReadOnlySpan<byte> frame)
    {
        if (frame.IsEmpty)
        {
            LoseNetwork(Errno.None);
            return true;
        }

        // The guest's side is gone only together with the VM.
        if (_guest.TrySend(frame) != Errno.EAGAIN)
        {
            return true;
        }

        _guest.WhenWritable(_network!.Resume);
        return false;
    }

    private void DialUntilUp()
    {
        if (_network is not null || Dial() is not null)
        {
            return;
        }

        if (++_dials < MostDials)
        {
            _again.Set(BetweenDials);
        }
        else
        {
            Say(Errno.ENOENT);
        }
    }

    private FrameEnd? Dial()
    {
        if (UnixSocket.TryConnectPackets(_networkPath, out var socket) is not Errno.None and var outcome)
        {
            if (!_again.IsSet)
            {
                Say(outcome);
            }

            return null;
        }

        _hasFailed = false;
        return _network = new FrameEnd(socket!, _loop, FromNetwork);
    }

    private void LoseNetwork(Errno outcome)
    {
        _network?.Dispose();
        _network = null;
        _guest.Resume();
        Say(outcome);
    }

    /// <summary>Once for each time that the network goes: a guest goes on sending.</summary>
    private void Say(Errno outcome)
    {
        if (!_hasFailed)
        {
            _hasFailed = true;
            LogNoNetwork(_networkPath, outcome);
        }
    }

    [LoggerMessage(
        302, LogLevel.Warning, "The user-mode network at {Socket} does not take the guest's frames ({Outcome}); the guest has no network.")]
    private partial void LogNoNetwork(string socket, Errno outcome);
}
