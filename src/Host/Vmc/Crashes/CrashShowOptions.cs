using VmTools.Host.Debugging;

namespace VmTools.Host.Vmc.Crashes;

/// <summary>What is to be shown of a crash, and with what help.</summary>
internal sealed record CrashShowOptions(string Id)
{
    public bool AllThreads { get; init; }

    public bool Maps { get; init; }

    public bool AsJson { get; init; }

    /// <summary>Whether lldb is let at a file that a guest made.</summary>
    public bool WithDebugger { get; init; } = true;

    public SymbolPaths Places { get; init; } = SymbolPaths.None;
}
