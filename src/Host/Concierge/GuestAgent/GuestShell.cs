using VmTools.Protocol;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;

namespace VmTools.Host.Concierge.GuestAgent;

/// <summary>A shell of root in the guest, by vshd, for the one thing that the host does in a guest whose agent has failed.</summary>
internal static class GuestShell
{
    /// <summary>
    /// The kernel's own emergency requests (sysrq.rst): s writes the disks, u mounts them read-only, o switches off. The last two
    /// are done by the kernel a moment later, so each is given one.
    /// </summary>
    private const string SwitchOff =
        "sync; for key in s u; do echo $key >/proc/sysrq-trigger; sleep 0.5; done; echo o >/proc/sysrq-trigger; sleep 5";

    /// <summary>
    /// Returns when the shell runs and the connection has ended, as it does when the machine goes; refusals are a VmToolsException.
    /// </summary>
    public static async Task SwitchOffAsync(Stream stream, CancellationToken cancel)
    {
        await using var connection = new VshConnection(stream);
        var request = new SetupConnectionRequest
        {
            Target = VshTarget.Vm,
            User = "root",
            Nopty = true,
            Cwd = "/",
            Argv = { "sh", "-c", SwitchOff },
        };
        try
        {
            await connection.WriteAsync(request, cancel);
            if (await connection.ReadAsync(SetupConnectionResponse.Parser, cancel) is not { Status: ConnectionStatus.Ready })
            {
                throw new VmToolsException(ErrorKind.Unavailable, "The guest starts no shell.");
            }
        }
        catch (Exception lost) when (lost is IOException or InvalidDataException)
        {
            throw new VmToolsException(ErrorKind.Unavailable, "The guest's shell server does not answer.", lost);
        }

        await UntilClosedAsync(connection, cancel);
    }

    private static async Task UntilClosedAsync(VshConnection connection, CancellationToken cancel)
    {
        try
        {
            while (await connection.ReadMessageAsync(cancel) is not null)
            {
            }
        }
        catch (Exception gone) when (gone is IOException or InvalidDataException)
        {
            // The machine has switched off.
        }
    }
}
