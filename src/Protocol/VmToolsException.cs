namespace VmTools.Protocol;

/// <summary>What went wrong: the caller chooses an exit code, a gRPC status or a D-Bus answer by it. The list is closed.</summary>
public enum ErrorKind
{
    /// <summary>A defect or a refusal of the operating system that no other kind describes.</summary>
    Internal,

    /// <summary>The request itself is wrong, whatever the state of the system.</summary>
    InvalidArgument,

    /// <summary>The VM, disk or file that was named does not exist.</summary>
    NotFound,

    /// <summary>The name is taken.</summary>
    AlreadyExists,

    /// <summary>The request is right but does not fit the present state.</summary>
    FailedPrecondition,

    /// <summary>Disk, memory, descriptors or a limit of ours ran out.</summary>
    ResourceExhausted,

    /// <summary>Something that must be there is not: a program, an image, a daemon.</summary>
    Unavailable,

    /// <summary>The caller may not do this.</summary>
    PermissionDenied,

    /// <summary>A deadline passed.</summary>
    DeadlineExceeded,

    /// <summary>The caller gave up.</summary>
    Cancelled,
}

/// <summary>
/// An expected failure at a border. The message is one sentence in the user's words: what was attempted, on what, why it
/// failed and, where there is one, the next step. The cause is the inner exception and is not pasted into the text.
/// </summary>
public sealed class VmToolsException : Exception
{
    public VmToolsException(ErrorKind kind, string message, Exception? cause = null)
        : base(message, cause) => Kind = kind;

    /// <summary>The kind that decides exit code, gRPC status and D-Bus answer.</summary>
    public ErrorKind Kind { get; }
}
