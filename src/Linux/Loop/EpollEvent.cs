namespace VmTools.Linux.Loop;

/// <summary>What happened on the fd that was added with this token.</summary>
public readonly record struct EpollEvent(EpollEvents Events, ulong Token);
