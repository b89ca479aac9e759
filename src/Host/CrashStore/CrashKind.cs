namespace VmTools.Host.CrashStore;

/// <summary>What died.</summary>
internal enum CrashKind
{
    /// <summary>A program, by a signal.</summary>
    Program,

    /// <summary>A service that was to stay; it may have ended without a signal.</summary>
    Service,

    /// <summary>The guest's kernel.</summary>
    Kernel,
}
