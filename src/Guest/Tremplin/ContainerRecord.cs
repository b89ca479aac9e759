using System.Net;

namespace VmTools.Guest.Tremplin;

/// <summary>What is known of a container whether it runs or not; it is kept beside its files.</summary>
internal sealed record ContainerRecord
{
    public required ContainerName Name { get; init; }

    /// <summary>The UUID of the image below its files.</summary>
    public required Guid Image { get; init; }

    public required UidRange Ids { get; init; }

    public required IPAddress Address { get; init; }

    /// <summary>Its first user; null before there is one.</summary>
    public UserName? User { get; init; }

    public OsRelease Release { get; init; } = OsRelease.Unknown;
}
