namespace VmTools.Guest.Syslog.Spooling;

/// <summary>What became of a record that was to be appended.</summary>
internal enum AppendOutcome
{
    Stored,

    /// <summary>There is room only when older records go.</summary>
    Full,

    /// <summary>The storage did not take it.</summary>
    Failed,
}
