namespace VmTools.Host.Bus;

/// <summary>
/// How one of our daemons is started by another program of ours: the link beside that program, or the program itself told by its first
/// argument.
/// </summary>
internal static class SiblingProgram
{
    /// <param name="directory">Where our programs lie.</param>
    /// <param name="daemon">The daemon's name, as <see cref="ConciergeBus.Program"/>.</param>
    /// <param name="bus">The address of the bus on which it serves.</param>
    public static IReadOnlyList<string> CommandLine(string directory, string daemon, string bus)
    {
        var link = Path.Combine(directory, daemon);
        return File.Exists(link) ? [link, $"--bus={bus}"] : [Path.Combine(directory, "vmtools"), daemon, $"--bus={bus}"];
    }
}
