using VmTools.Host.Vms;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>A VM's name as the host name of its guest, for the kernel command line.</summary>
internal static class GuestHostname
{
    /// <summary>The kernel parameter that tells it to the guest; none for a name that has nothing a host name may have.</summary>
    public static IReadOnlyList<string> ParameterFor(VmName name) =>
        VmHostname.Of(name.Value) is { Length: > 0 } hostname ? [$"{MaitredArguments.Hostname}={hostname}"] : [];
}
