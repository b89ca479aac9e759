namespace VmTools.Host.Vsh;

/// <summary>When the guest was last heard of and last spoken to, and whether it is known not to answer.</summary>
internal sealed class VshActivity(TimeProvider clock)
{
    private long _received = clock.GetTimestamp();
    private long _sent;
    private volatile bool _isUnanswered;

    /// <summary>The VM was asked, and gave no answer.</summary>
    public bool IsUnanswered
    {
        get => _isUnanswered;
        set => _isUnanswered = value;
    }

    /// <summary>How long nothing has come.</summary>
    public TimeSpan Quiet => clock.GetElapsedTime(Interlocked.Read(ref _received));

    /// <summary>Something was sent, and nothing has come since.</summary>
    public bool HasUnansweredInput => Interlocked.Read(ref _sent) > Interlocked.Read(ref _received);

    public void Received() => Interlocked.Exchange(ref _received, clock.GetTimestamp());

    public void Sent() => Interlocked.Exchange(ref _sent, clock.GetTimestamp());
}
