using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>
/// The first process of a container. An image that has none gets LXC's own, which reaps what is orphaned, ends everything at a power signal
/// and needs nothing of the image; it wants a program to look after, and that sleeps.
/// </summary>
internal static class ContainerInit
{
    private const string InImage = "/sbin/init";
    private const string Directory = "dev/.vmtools";
    private const string Library = $"{LxcConfig.ToolsInContainer}/lib";

    /// <summary>Whether the image has a program of its own for it, looked for as if its root were ours.</summary>
    public static bool IsIn(string root)
    {
        using var directory = ForeignFile.TryOpenDirectory(root);
        using var init = directory is null ? null : ForeignFile.TryOpenBelow(directory, InImage);
        return init is not null && (FileStatus.Of(init).Mode & FileModes.AnybodyExecutes) != 0;
    }

    /// <summary>The lines of the configuration about it.</summary>
    public static string Lines(ContainerName name, bool isInImage) => isInImage
        ? $"lxc.init.cmd = {InImage}"
        : $"""
        lxc.init.cmd = /{Directory}/init --name={name} -- {Library}/ld-linux-x86-64.so.2 --library-path {Library} /{Directory}/sleep infinity
        lxc.mount.entry = /usr/sbin/init.lxc.static {Directory}/init none bind,ro,create=file 0 0
        lxc.mount.entry = /usr/bin/sleep {Directory}/sleep none bind,ro,create=file 0 0
        """;
}
