using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Api;

/// <summary>The VM of a request that only one with containers can answer.</summary>
internal static class VmsWithContainers
{
    /// <exception cref="VmToolsException">The VM does not run, or has no containers.</exception>
    public static KnownVm Expect(VmLookup vms, string owner, string name)
    {
        var vm = vms.Find(owner, name) ?? throw new VmToolsException(ErrorKind.NotFound, Refusals.UnknownVm(name));
        return vm.Type.HasContainers() ? vm : throw new VmToolsException(ErrorKind.FailedPrecondition, Refusals.NoContainers(name));
    }
}
