namespace VmTools.Linux.Rights;

/// <summary>Root's rights one by one (capabilities(7)); those that programs of ours have a use for.</summary>
[Flags]
public enum Capability : ulong
{
    None = 0,
    ChangeOwner = 1 << 0,
    DacOverride = 1 << 1,
    FileOwner = 1 << 3,
    Kill = 1 << 5,
    SetGroupId = 1 << 6,
    SetUserId = 1 << 7,

    /// <summary>CAP_SETPCAP: to take capabilities away from what is started.</summary>
    SetCapabilities = 1 << 8,
}
