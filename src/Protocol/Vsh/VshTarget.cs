namespace VmTools.Protocol.Vsh;

/// <summary>Where a session of vsh runs (SetupConnectionRequest.target).</summary>
public static class VshTarget
{
    /// <summary>The VM itself rather than a container; the slash keeps it apart from container names.</summary>
    public const string Vm = "/vm_shell";

    /// <summary>How the VM's shell server describes that it has nowhere to hand the session over to.</summary>
    public static string NotRunning(string container) => $"there is no running container {container} in this VM";
}
