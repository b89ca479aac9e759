using VmTools.Guest.Maitred.Verbs;

namespace VmTools.Guest.Maitred;

/// <summary>What maitred can do for the host, each in its file; setting the time and naming the kernel need nothing.</summary>
internal sealed record MaitredVerbs(
    ConfigureNetwork ConfigureNetwork,
    SetResolvConfig SetResolvConfig,
    LaunchProcess LaunchProcess,
    MountVolume MountVolume,
    IShutDown ShutDown);
