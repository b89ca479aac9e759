namespace VmTools.Protocol.Vsh;

/// <summary>Where a session of vsh runs (SetupConnectionRequest.target).</summary>
public static class VshTarget
{
    /// <summary>The VM itself rather than a container; the slash keeps it apart from container names.</summary>
    public const string Vm = "/vm_shell";
}
