using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// Who has a disk image open. A VMM under a user id of its own shows its descriptors only to a process that may trace it; its command
/// line, which everybody may read, has the path beside the descriptor.
/// </summary>
internal static class DiskUsers
{
    /// <summary>What a VMM's command line says of an image that it has as a descriptor.</summary>
    public static string MarkOf(string image) => $"opaque={QemuArguments.Escape(image)}";

    public static IReadOnlyList<int> Of(string image)
    {
        var mark = $",{MarkOf(image)} ";
        return Processes.WithOpen(image).ToArray() is { Length: > 0 } seen
            ? seen
            : [.. Processes.All().Where(pid => $"{Processes.CommandLineOf(pid)} ".Contains(mark, StringComparison.Ordinal))];
    }
}
