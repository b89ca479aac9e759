namespace VmTools.Host.Concierge.Disks;

/// <summary>The verbs about disks, as the border calls them.</summary>
internal sealed record DiskVerbs(CreateDiskImage Create, DestroyDiskImage Destroy, ListVmDisks List);
