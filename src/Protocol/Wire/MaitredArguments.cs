namespace VmTools.Protocol.Wire;

/// <summary>Words of the guest's kernel command line by which vm_concierge tells maitred what it must know before any call.</summary>
public static class MaitredArguments
{
    /// <summary>Before the vsock port on which the host hears that the VM is ready.</summary>
    public const string ListenPort = "maitred.listen_port";

    /// <summary>Before the guest's host name. An addition of ours: the original's maitred ignores it.</summary>
    public const string Hostname = "maitred.hostname";

    /// <summary>Alone: what /etc/maitred holds is not started.</summary>
    public const string NoStartupProcesses = "maitred.no_startup_processes";
}
