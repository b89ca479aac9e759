namespace VmTools.Host.Cicerone.Containers;

/// <summary>Where a container stands, as its VM tells.</summary>
internal enum ContainerState
{
    Stopped,
    Starting,
    Running,
    Stopping,
}
