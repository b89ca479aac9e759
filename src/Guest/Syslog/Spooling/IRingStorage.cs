namespace VmTools.Guest.Syslog.Spooling;

/// <summary>The bytes a ring lies in.</summary>
internal interface IRingStorage : IDisposable
{
    long Capacity { get; }

    /// <summary>False where the bytes could not be kept: the disk is full.</summary>
    bool TryWrite(long offset, ReadOnlySpan<byte> bytes);

    bool TryRead(long offset, Span<byte> bytes);

    /// <summary>Nothing in it is needed any more.</summary>
    void Clear();
}
