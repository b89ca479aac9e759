using VmTools.Host.Instance;

namespace VmTools.Host.Concierge.Siblings;

/// <summary>What a companion is started with: our instance, the address of our bus, and whether VMs run.</summary>
internal sealed record CompanionSurroundings(HostInstance Instance, string Address, Func<bool> IsNeeded);
