using System.Globalization;
using VmTools.Host.Bus;

namespace VmTools.Host.Concierge;

/// <summary>What vm_concierge may be told on its command line and by its environment.</summary>
internal sealed record ConciergeOptions(string Bus, long MemoryMiB)
{
    public const string Usage = "usage: vm_concierge [--bus=ADDRESS]";
    public const long DefaultMemoryMiB = 1024;
    public const long LeastMemoryMiB = 128;
    private const string MemoryVariable = "VMTOOLS_VM_MEMORY_MIB";
    private const string BusPrefix = "--bus=";

    /// <summary>Null, with a sentence that says why, when they make no sense.</summary>
    public static ConciergeOptions? Parse(IReadOnlyList<string> arguments, Func<string, string?> environment, uint uid, out string problem)
    {
        problem = "";
        var bus = DaemonBus.Of(environment, uid);
        foreach (var argument in arguments)
        {
            if (!argument.StartsWith(BusPrefix, StringComparison.Ordinal) || argument.Length == BusPrefix.Length)
            {
                problem = $"'{argument}' is not an option. {Usage}";
                return null;
            }

            bus = argument[BusPrefix.Length..];
        }

        var memory = DefaultMemoryMiB;
        if (environment(MemoryVariable) is { Length: > 0 } text
            && (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out memory) || memory < LeastMemoryMiB))
        {
            problem = $"{MemoryVariable} is '{text}' and should be a number of MiB, {LeastMemoryMiB} or more.";
            return null;
        }

        return new ConciergeOptions(bus, memory);
    }
}
