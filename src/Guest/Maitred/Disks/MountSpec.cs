using VmTools.Linux.Mounting;

namespace VmTools.Guest.Maitred.Disks;

/// <summary>What the Mount call asks for.</summary>
internal sealed record MountSpec
{
    public required string Source { get; init; }

    public required string Target { get; init; }

    public required string Type { get; init; }

    public MountFlags Flags { get; init; }

    public string? Options { get; init; }

    public bool CreateTarget { get; init; }

    /// <summary>Mode of the mounted root; 0 leaves it.</summary>
    public uint Permissions { get; init; }

    public bool MakeFileSystem { get; init; }
}
