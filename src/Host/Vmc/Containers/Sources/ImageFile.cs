using VmTools.Host.GuestText;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers.Sources;

/// <summary>What a container is made from, as the user names it, and the program that gives its bytes.</summary>
/// <param name="Name">As it was written.</param>
/// <param name="Giver">Writes a tar or an archive, perhaps compressed, to its standard output.</param>
internal sealed record ImageFile(string Name, SpawnRequest Giver)
{
    /// <summary>A registry's image is fetched first, by <see cref="RegistryImage"/>.</summary>
    public const string RegistryPrefix = "docker://";

    /// <exception cref="VmToolsException">There is nothing of the name, or a directory without an image.</exception>
    public static ImageFile Of(string text)
    {
        var path = Path.GetFullPath(text);
        if (File.Exists(path))
        {
            return new ImageFile(text, Program("cat", "--", path));
        }

        if (!Directory.Exists(path))
        {
            throw new VmToolsException(
                ErrorKind.NotFound,
                $"There is no file or directory '{SafeText.ForCell(text)}'. "
                + $"--from takes a tar, an OCI archive, a directory with an OCI layout, or {RegistryPrefix}IMAGE.");
        }

        return File.Exists(Path.Combine(path, "oci-layout"))
            ? new ImageFile(text, Program("tar", "-C", path, "-cf", "-", "oci-layout", "index.json", "blobs"))
            : throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"Directory '{SafeText.ForCell(text)}' holds no OCI image: it has no file oci-layout. "
                + "Of a directory with a root file system make a tar first, as root: tar -C DIRECTORY -cf root.tar .");
    }

    private static SpawnRequest Program(string name, params string[] arguments) => new(name, [name, .. arguments]) { SearchPath = true };
}
