namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>The files a VM boots from, looked at and found sound.</summary>
internal sealed record GuestImage(string Kernel, string? Initramfs, string RootDisk);
