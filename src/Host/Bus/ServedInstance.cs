using System.Globalization;
using System.Text;
using VmTools.DBus;
using VmTools.Host.Instance;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>What the vm_concierge on a bus says of itself, held against what its caller means.</summary>
internal static class ServedInstance
{
    /// <summary>A daemon that does not answer is not held up for this.</summary>
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(5);

    /// <summary>Null where it does not tell, being of another version.</summary>
    public static async Task<DaemonRecord?> AskAsync(BusConnection connection, CancellationToken cancel)
    {
        try
        {
            using var answer = await connection.CallAsync(
                new BusCall(ConciergeBus.Name, ConciergeBus.Path, ConciergeBus.OwnInterface, ConciergeBus.InstanceMember)
                {
                    Limit = AskLimit,
                    MayActivate = false,
                },
                cancel);
            return DaemonRecord.TryParse(Encoding.UTF8.GetBytes(answer.Text(0)));
        }
        catch (Exception silent) when (silent is DBusException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Whether it serves other disks than the caller's.</summary>
    public static bool IsAnother(DaemonRecord? daemon, HostInstance instance) =>
        daemon is not null && daemon.State != instance.Directories.State;

    public static VmToolsException Another(DaemonRecord daemon, HostInstance instance) => new(
        ErrorKind.FailedPrecondition,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The vm_concierge on {daemon.Bus} (pid {daemon.Pid}) serves the state directory {daemon.State}, and yours is "
                + $"{instance.Directories.State}. ")
        + $"Set {InstanceDirectories.StateVariable} to that one, or, for an instance of your own, unset DBUS_SESSION_BUS_ADDRESS and set "
            + $"{InstanceDirectories.RuntimeVariable}.");

    /// <summary>
    /// What a start would do otherwise than the caller's environment says, because the daemon had another when it was started.
    /// </summary>
    /// <exception cref="VmToolsException">The VM would get another image than the one that was chosen.</exception>
    public static void CheckStart(DaemonRecord daemon, HostInstance instance, Action<string> notice)
    {
        var who = string.Create(CultureInfo.InvariantCulture, $"The vm_concierge that runs (pid {daemon.Pid})");
        const string Next = "'vmc daemon restart' starts it anew with yours; VMs live on.";
        if (daemon.Image != instance.Directories.Image)
        {
            var sentence = $"{who} uses the image directory {daemon.Image}, and yours is {instance.Directories.Image}. {Next}";
            if (instance.Environment(InstanceDirectories.ImageVariable) is { Length: > 0 })
            {
                throw new VmToolsException(ErrorKind.FailedPrecondition, sentence);
            }

            notice(sentence);
        }

        foreach (var (name, value) in DaemonEnvironment.SettingsOf(instance))
        {
            if (daemon.Settings.GetValueOrDefault(name) is var its && its != value)
            {
                notice($"{who} was started {(its is null ? $"without {name}" : $"with {name}={its}")}, and yours is {value}. {Next}");
            }
        }
    }
}
