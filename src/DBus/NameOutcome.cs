namespace VmTools.DBus;

/// <summary>What came of asking for a well-known name.</summary>
public enum NameOutcome
{
    /// <summary>The name is ours.</summary>
    Owned,

    /// <summary>Another connection has it and keeps it; nothing is queued.</summary>
    TakenByAnother,
}
