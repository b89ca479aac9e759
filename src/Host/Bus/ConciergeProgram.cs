namespace VmTools.Host.Bus;

/// <summary>How vm_concierge is started: the link beside our own program, or the program itself told by its first argument.</summary>
internal static class ConciergeProgram
{
    private const string Link = "vm_concierge";

    public static IReadOnlyList<string> CommandLine(string programDirectory, string address)
    {
        var link = Path.Combine(programDirectory, Link);
        return File.Exists(link)
            ? [link, $"--bus={address}"]
            : [Path.Combine(programDirectory, "vmtools"), Link, $"--bus={address}"];
    }
}
