namespace VmTools.Virtio.Vsock;

/// <summary>Why serving the rx ring ended.</summary>
internal enum ServeOutcome
{
    /// <summary>Nothing is owed to the guest.</summary>
    Idle,

    /// <summary>Something is owed and the guest has no buffer for it.</summary>
    NoBuffers,

    /// <summary>The budget of one turn is used up; others should have theirs first.</summary>
    More,
}
