using VmTools.Guest.Log;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>The machine as the boot left it.</summary>
/// <param name="Log">Where everything is noted.</param>
/// <param name="Arguments">The kernel command line.</param>
/// <param name="Modules">What can still be loaded; null where it is somebody else's affair.</param>
internal sealed record BootedMachine(KernelLog Log, KernelArguments Arguments, Modules? Modules);
