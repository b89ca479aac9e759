using VmTools.Linux;

namespace VmTools.Host.CrashStore;

/// <summary>Signals by the names that signal(7) gives them.</summary>
internal static class SignalNames
{
    /// <summary><c>SIGSEGV</c>, or null for a number without a name, as those of the real-time signals.</summary>
    public static string? NameOf(int number) => Enum.GetName((Signal)number) is { } name ? $"SIG{name.ToUpperInvariant()}" : null;
}
