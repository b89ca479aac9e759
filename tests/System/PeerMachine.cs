using VmTools.Harness;

namespace VmTools.SystemTests;

/// <summary>A machine with the test program in it, after this line has run there.</summary>
public abstract class PeerMachine(string name, string line) : Machine(name)
{
    protected override async Task PrepareAsync(Sandbox sandbox)
    {
        await GuestProgram.Vsock.InstallAsync(sandbox, Vm);
        await sandbox.InGuestAsync(Vm, line);
    }
}
