namespace VmTools.Linux.Libc;

/// <summary>linux/landlock.h; the calls have the same numbers on every processor.</summary>
internal static partial class Native
{
    public const nint CallLandlockCreateRuleset = 444;
    public const nint CallLandlockAddRule = 445;
    public const nint CallLandlockRestrictSelf = 446;
    public const nint LandlockVersion = 1;
    public const nint LandlockPathBeneath = 1;
    public const ulong LandlockBindTcp = 1;
    public const ulong LandlockConnectTcp = 2;
    public const ulong LandlockScopeAbstractSockets = 1;
    public const ulong LandlockScopeSignals = 2;
}
