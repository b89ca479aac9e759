namespace VmTools.Protocol;

/// <summary>The fixed vsock ports: those where concierge, cicerone or vmlog_forwarder hears are the host's, the others a guest's.</summary>
public static class Ports
{
    /// <summary>concierge hears here that a VM is up.</summary>
    public static readonly VsockPort StartupListener = new(7777);

    /// <summary>cicerone hears here what became of containers.</summary>
    public static readonly VsockPort TremplinListener = new(7778);

    /// <summary>cicerone takes crash reports here.</summary>
    public static readonly VsockPort CrashListener = new(7779);

    /// <summary>cicerone hears the agents of containers here; tremplin brings each of their connections and names the container.</summary>
    public static readonly VsockPort ContainerDoor = new(7776);

    /// <summary>cicerone hears the agents of the original's containers here, which have vsock sockets of their own.</summary>
    public static readonly VsockPort ContainerListener = new(8889);

    /// <summary>The agent of a VM.</summary>
    public static readonly VsockPort Maitred = new(8888);

    /// <summary>The container host in a VM.</summary>
    public static readonly VsockPort Tremplin = new(8890);

    /// <summary>The agents of a VM's containers, behind tremplin: the host's first line names the container.</summary>
    public static readonly VsockPort Garcon = new(8891);

    /// <summary>The shell server of a VM.</summary>
    public static readonly VsockPort Vshd = new(9001);

    /// <summary>vmlog_forwarder takes logs here.</summary>
    public static readonly VsockPort LogCollector = new(9999);
}
