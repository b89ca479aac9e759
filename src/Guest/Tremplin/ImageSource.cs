namespace VmTools.Guest.Tremplin;

/// <summary>Files of the VM that a container is to be made from.</summary>
/// <param name="Root">Its root file system: a tar, an OCI archive, or a directory with an OCI layout.</param>
/// <param name="Metadata">What LXD's image format tells of it, where that lies apart; else empty.</param>
internal sealed record ImageSource(string Root, string Metadata = "");
