using VmTools.Host.Programs;
using VmTools.Host.Vmc.Cli;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers.Sources;

/// <summary>An image of a registry, fetched by skopeo into an archive that is gone when this is.</summary>
internal sealed class RegistryImage : IDisposable
{
    private const string Skopeo = "skopeo";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("vmc-image-");

    private string Archive => Path.Combine(_directory.FullName, "image.tar");

    /// <exception cref="VmToolsException">There is no skopeo, or it could not fetch the image.</exception>
    public static async Task<RegistryImage> FetchAsync(VmcContext context, Reaper reaper, string name, CancellationToken cancel)
    {
        if (ProgramFinder.OfProcess.Find(Skopeo) is not { } skopeo)
        {
            throw new VmToolsException(
                ErrorKind.Unavailable,
                "There is no skopeo on the PATH, which fetches images from registries. Install it with 'apt install skopeo', "
                + "or give --from a file.");
        }

        var image = new RegistryImage();
        try
        {
            context.Console.Say($"Fetching {name}");
            using var error = FdHandle.Standard(2);
            var request = new SpawnRequest(
                skopeo, [Skopeo, "copy", "--quiet", "--override-os=linux", "--", name, $"oci-archive:{image.Archive}"])
            {
                StandardError = error,
            };
            var child = ChildProcess.Spawn(request, reaper);
            await using var stopping = cancel.Register(() => child.Signal(Signal.Term));
            var status = await child.Exited;
            cancel.ThrowIfCancellationRequested();
            return status.Code == 0
                ? image
                : throw new VmToolsException(ErrorKind.Unavailable, $"skopeo could not fetch '{name}': it ended with {status}.");
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public ImageFile File => ImageFile.Of(Archive);

    public void Dispose() => _directory.Delete(recursive: true);
}
