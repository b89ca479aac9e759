namespace VmTools.Host.Concierge.Vmm.Qmp;

/// <summary>The four things that QEMU says over QMP.</summary>
internal enum QmpMessageKind
{
    Greeting,
    Return,
    Error,
    Event,
}
