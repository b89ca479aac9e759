using System.Security.Cryptography;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Copying;
using VmTools.Host.Vmc.Machines;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers.Sources;

/// <summary>
/// Brings what a container is made from into the VM, to a file that its container host takes and then removes.
/// </summary>
internal sealed class SendImage(VmcContext context, string vm)
{
    private const string Place = "/mnt/stateful/containers/.incoming";

    /// <summary>$1 is the directory, $2 the name. What does not come whole is removed.</summary>
    private const string Take = """
        mkdir -p -m 0700 "$1" || exit 3
        trap 'rm -f "$1/$2"' EXIT
        trap 'exit 3' HUP INT TERM
        cat >"$1/$2" || exit 3
        trap - EXIT
        """;

    /// <exception cref="VmToolsException">There is nothing of the name on this machine.</exception>
    public static void Check(string source)
    {
        if (!source.StartsWith(ImageFile.RegistryPrefix, StringComparison.Ordinal))
        {
            _ = ImageFile.Of(source);
        }
    }

    /// <param name="source">A file, a directory, or an image of a registry.</param>
    /// <param name="cancel">Ends it; nothing stays.</param>
    /// <returns>The path in the VM.</returns>
    public async Task<string> RunAsync(string source, CancellationToken cancel)
    {
        await using var reaper = Reaper.ForChildren();
        if (!source.StartsWith(ImageFile.RegistryPrefix, StringComparison.Ordinal))
        {
            return await SendAsync(reaper, ImageFile.Of(source), cancel);
        }

        using var fetched = await RegistryImage.FetchAsync(context, reaper, source, cancel);
        return await SendAsync(reaper, fetched.File, cancel);
    }

    private async Task<string> SendAsync(Reaper reaper, ImageFile file, CancellationToken cancel)
    {
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var taker = new SpawnRequest(
            VshProcess.PathOf(context), ["vsh", "--user=root", vm, "--", "sh", "-c", Take, "sh", Place, name]);
        var (giver, vsh, _) = await new CopyPipeline(context, reaper).RunAsync(file.Giver, _ => taker, hasKind: false, cancel);
        return giver.Code == 0 && vsh is { Code: 0 }
            ? $"{Place}/{name}"
            : throw new VmToolsException(
                ErrorKind.Unavailable,
                $"'{file.Name}' was not brought into VM '{vm}': "
                + (vsh is not { Code: 0 } ? $"the VM's side ended with {vsh}." : $"{file.Giver.Arguments[0]} ended with {giver}."));
    }
}
