namespace VmTools.Guest.Syslog.Sending;

/// <summary>What the host did with a batch.</summary>
internal enum SendOutcome
{
    Taken,

    /// <summary>It is not there, or cannot take it now: the same batch is sent again.</summary>
    Away,

    /// <summary>It will never take this batch.</summary>
    Refused,

    /// <summary>It does not take this kind at all, as the original's daemon does with the kernel's records.</summary>
    NotServed,
}
