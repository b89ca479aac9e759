using VmTools.Host.Cicerone.Containers;
using CiceroneRelease = VmTools.Protocol.Messages.Cicerone.OsRelease;
using TremplinRelease = VmTools.Protocol.Messages.Tremplin.OsRelease;

namespace VmTools.Host.Cicerone.Api;

/// <summary>The system in a container, from tremplin's message into ours and from ours into the bus's.</summary>
internal static class OsReleases
{
    /// <summary>Null where the guest does not know it.</summary>
    public static ContainerOs? Read(TremplinRelease? release) => release is null
        ? null
        : new ContainerOs(CleanText.Word(release.PrettyName))
        {
            Name = CleanText.Word(release.Name),
            Version = CleanText.Word(release.Version),
            VersionId = CleanText.Word(release.VersionId),
            Id = CleanText.Word(release.Id),
        };

    public static CiceroneRelease? Of(ContainerOs? os) => os is null
        ? null
        : new CiceroneRelease
        {
            PrettyName = os.PrettyName,
            Name = os.Name,
            Version = os.Version,
            VersionId = os.VersionId,
            Id = os.Id,
        };
}
