using System.Globalization;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// A descriptor that a VMM inherits, written as a path: <c>/proc/self/fd/N</c>. What opens such a path opens the file anew; what knows
/// the number uses the descriptor itself.
/// </summary>
internal static class PassedFd
{
    private const string Directory = "/proc/self/fd/";

    /// <summary>Standard input, output and error come before those that are passed.</summary>
    public const int First = 3;

    /// <summary>The path of a descriptor by its index in the list of those that are passed.</summary>
    public static string PathOf(int index) => string.Create(CultureInfo.InvariantCulture, $"{Directory}{index + First}");

    /// <summary>The number in such a path; null for every other path.</summary>
    public static int? NumberIn(string path) =>
        path.StartsWith(Directory, StringComparison.Ordinal)
        && int.TryParse(path.AsSpan(Directory.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>The index, in the list of passed descriptors, of the one in such a path; null for every other path.</summary>
    public static int? IndexIn(string path) => NumberIn(path) - First;
}
