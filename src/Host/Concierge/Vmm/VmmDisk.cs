namespace VmTools.Host.Concierge.Vmm;

/// <summary>One disk of a VM besides its root disk. The path may be <c>/proc/self/fd/N</c> of a passed descriptor.</summary>
internal sealed record VmmDisk(string Path, bool IsReadOnly);
