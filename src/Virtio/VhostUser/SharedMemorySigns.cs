namespace VmTools.Virtio.VhostUser;

/// <summary>What can be seen from here of whether guest memory is shared.</summary>
internal readonly record struct SharedMemorySigns(bool HasMemory, bool IsAnyRingRunning, bool HasDriverWritten);
