namespace VmTools.Crash.Conversion;

/// <summary>How much of a core there was.</summary>
public enum CoreState
{
    /// <summary>Everything that its headers promise.</summary>
    Whole,

    /// <summary>It ended early: the kernel's writer was killed, or had no room.</summary>
    Truncated,

    /// <summary>Its parts contradict each other; what could be had was had.</summary>
    Corrupt,

    /// <summary>No ELF core of an architecture that is known here.</summary>
    NotACore,
}
