using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Virtio.Rings;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// The back end of one connected front end: its control socket, its memory and its rings, all driven by the loop. Ends itself when
/// the front end closes or breaks the protocol; the device hears <see cref="IVhostUserDevice.FrontEndGone"/> then, once.
/// </summary>
/// <remarks>
/// vhost-user: the VMM keeps the virtio device's face towards the guest and hands the rings to another process. It sends requests over
/// a unix socket, some of which bring fds: guest memory to map, an eventfd per ring for kicks (driver to device) and one for calls
/// (device to driver). After that the data path needs no message at all.
/// </remarks>
public sealed partial class VhostUserBackEnd : IDisposable
{
    /// <summary>A front end sends a few dozen at start-up; one that never stops must not starve the rest of the loop.</summary>
    private const int MessagesPerTurn = 32;

    private readonly EventLoop _loop;
    private readonly IVhostUserDevice _device;
    private readonly ILogger _log;
    private readonly ControlChannel _channel;
    private readonly VringSet _vrings;
    private readonly FrontEndRequests _requests;
    private readonly FdWatch _watch;
    private bool _saidShrink;

    /// <summary>Takes the connected socket over.</summary>
    public VhostUserBackEnd(FdHandle connected, IVhostUserDevice device, EventLoop loop, ILogger log)
    {
        _loop = loop;
        _device = device;
        _log = log;
        _channel = new ControlChannel(connected);
        _vrings = new VringSet(loop, device, LogBroken);
        _requests = new FrontEndRequests(device, _vrings, _channel);
        Fd.SetNonBlocking(connected, true);
        _watch = loop.Watch(connected, EpollEvents.In, _ => ControlReadable());
    }

    public bool IsGone { get; private set; }

    /// <summary>Runs after the front end has gone and everything of it is released.</summary>
    public event Action? Gone;

    public SplitRing Queue(int index) => _vrings[(uint)index].Ring;

    public void Dispose()
    {
        if (IsGone)
        {
            return;
        }

        IsGone = true;
        _loop.Unwatch(_watch);
        _vrings.Dispose();
        _requests.Close();
        _channel.Dispose();
        _device.FrontEndGone();
        Gone?.Invoke();
    }

    private void ControlReadable()
    {
        for (var i = 0; i < MessagesPerTurn && !IsGone; i++)
        {
            switch (_channel.Receive())
            {
                case ReceiveOutcome.Message:
                    Handle(_channel.Message);
                    break;
                case ReceiveOutcome.Nothing:
                    return;
                case ReceiveOutcome.Closed:
                    LogClosed();
                    Dispose();
                    break;
                case ReceiveOutcome.Malformed:
                    Drop("what it sends is no vhost-user message");
                    break;
            }
        }
    }

    private void Handle(VhostMessage message)
    {
        var verdict = _requests.Handle(message);
        LogMessage(message.Header.Request, verdict);
        SayOnceThatMemoryCanShrink();

        // The features just set count: User-Mode Linux asks for an acknowledgement of the very message that agrees on acknowledgements.
        var asked = message.Header.NeedsReply && _requests.ProtocolFeatures.HasFlag(ProtocolFeatures.ReplyAck);
        if (verdict == Verdict.Replied)
        {
            return;
        }

        if (verdict is Verdict.Failed or Verdict.Refused)
        {
            LogProblem(message.Header.Request, _requests.Problem);
        }

        if (asked ? !_channel.TryReply(message.Header.Request, verdict == Verdict.Done ? 0UL : 1UL) : verdict == Verdict.Refused)
        {
            Drop(asked ? "it does not take its acknowledgement" : $"{message.Header.Request} failed: {_requests.Problem}");
        }
    }

    private void Drop(string reason)
    {
        LogDropped(reason);
        Dispose();
    }

    private void SayOnceThatMemoryCanShrink()
    {
        if (!_saidShrink && _vrings.Memory is { CanShrink: true })
        {
            _saidShrink = true;
            LogCanShrink();
        }
    }

    [LoggerMessage(100, LogLevel.Debug, "The front end sent {Request}: {Verdict}.")]
    private partial void LogMessage(VhostRequest request, Verdict verdict);

    [LoggerMessage(101, LogLevel.Information, "The front end closed the connection.")]
    private partial void LogClosed();

    [LoggerMessage(102, LogLevel.Warning, "The front end is dropped: {Reason}.")]
    private partial void LogDropped(string reason);

    [LoggerMessage(103, LogLevel.Warning, "The front end's {Request} failed: {Problem}.")]
    private partial void LogProblem(VhostRequest request, string problem);

    [LoggerMessage(104, LogLevel.Warning, "The guest broke ring {Queue}: {Reason}; it stays stopped until its driver starts anew.")]
    private partial void LogBroken(int queue, string reason);

    [LoggerMessage(
        105, LogLevel.Information, "The memory file of the guest is not sealed against shrinking; truncating it would end this process.")]
    private partial void LogCanShrink();
}
