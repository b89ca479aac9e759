namespace VmTools.Host.Concierge.Verbs;

/// <summary>The verbs about disks, as the border calls them.</summary>
internal sealed record DiskVerbs(CreateDiskImage Create, DestroyDiskImage Destroy, ListVmDisks List);
