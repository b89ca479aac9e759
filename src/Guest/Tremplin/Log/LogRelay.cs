using Microsoft.Extensions.Logging;
using VmTools.Guest.Log;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Tremplin.Log;

/// <summary>
/// Brings what one container logs into the VM's log, within a rate: what is more is counted and left out, as is what the VM's log does not
/// take at once. Nothing waits for it, neither the container nor the VM.
/// </summary>
/// <param name="name">The container's.</param>
/// <param name="open">Makes the socket in the container; null as long as there is no place for it.</param>
/// <param name="clock">For the rate and the attempts.</param>
/// <param name="log">Is told what is left out.</param>
internal sealed partial class LogRelay(ContainerName name, Func<FdHandle?> open, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    /// <summary>Messages at once and then in a second, of one container.</summary>
    private const int Burst = 2000;

    private const int PerSecond = 200;

    /// <summary>After so many a flood is left alone for a moment, so that it costs the VM little.</summary>
    private const int ReadsPerTurn = 256;

    private static readonly TimeSpan BetweenTurns = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    /// <summary>The journal of a system that starts under emulation is there after seconds.</summary>
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _closing = new();
    private readonly byte[] _datagram = new byte[LogLine.MaxDatagram];
    private readonly ILogger _log = log;
    private Task _working = Task.CompletedTask;
    private FdHandle? _target;
    private double _allowance = Burst;
    private long _allowedAt;
    private long _leftOut;

    public void Start()
    {
        _allowedAt = clock.GetTimestamp();
        _working = WorkAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _working;
        _target?.Dispose();
        _closing.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            using var socket = await OpenAsync();
            while (socket is not null)
            {
                await Readiness.WaitAsync(socket, EpollEvents.In, _closing.Token);
                await TakeAsync(socket);
            }
        }
        catch (OperationCanceledException)
        {
            // The container has ended.
        }

        TellLeftOut();
    }

    private async Task<FdHandle?> OpenAsync()
    {
        for (var began = clock.GetTimestamp(); clock.GetElapsedTime(began) < AttemptLimit;)
        {
            if (open() is { } socket)
            {
                return socket;
            }

            await Task.Delay(BetweenAttempts, clock, _closing.Token);
        }

        LogNone(name);
        return null;
    }

    /// <summary>All that waits, over the rate too: a program that logs would wait otherwise.</summary>
    private async Task TakeAsync(FdHandle socket)
    {
        for (var taken = 0; Fd.TryRead(socket, _datagram, out var length) == Errno.None; taken++)
        {
            Refill();
            if (_allowance < 1 || !TrySend(LogLine.For(name, _datagram.AsSpan(0, length))))
            {
                _leftOut++;
            }
            else
            {
                _allowance--;
            }

            if (taken == ReadsPerTurn)
            {
                await Task.Delay(BetweenTurns, clock, _closing.Token);
                taken = 0;
            }
        }

        TellLeftOut();
    }

    private void Refill()
    {
        var now = clock.GetTimestamp();
        _allowance = Math.Min(Burst, _allowance + (clock.GetElapsedTime(_allowedAt, now).TotalSeconds * PerSecond));
        _allowedAt = now;
    }

    private bool TrySend(byte[] message)
    {
        if (message.Length == 0)
        {
            return true;
        }

        if (_target is null && UnixSocket.TryConnectDatagram(LogSocket.FilePath, out _target) != Errno.None)
        {
            return false;
        }

        var outcome = UnixSocket.TrySend(_target!, message, out _);
        if (outcome is not (Errno.None or Errno.EAGAIN))
        {
            // vm_syslog's socket is another one now.
            _target!.Dispose();
            _target = null;
        }

        return outcome == Errno.None;
    }

    private void TellLeftOut()
    {
        if (_leftOut > 0 && _allowance >= 1)
        {
            LogLeftOut(name, _leftOut);
            _leftOut = 0;
        }
    }

    [LoggerMessage(1921, LogLevel.Warning, "container {Name} logs too much: {Count} messages were left out")]
    private partial void LogLeftOut(ContainerName name, long count);

    [LoggerMessage(1922, LogLevel.Information, "the log of container {Name} stays in it: there is no place to take it from")]
    private partial void LogNone(ContainerName name);
}
