namespace VmTools.Host.Vmc.Cli;

/// <summary>Which versions are at work; null is "none" for the image and "does not run" for the daemon.</summary>
internal sealed record VersionReport(string Program)
{
    public string? Image { get; init; }

    public string? ImageHash { get; init; }

    public string? GuestKernel { get; init; }

    public string? Daemon { get; init; }
}
