namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>One thing that happens, to one stream, in some amount.</summary>
internal readonly record struct ModelStep(ModelAction What, int Which, int Amount);
