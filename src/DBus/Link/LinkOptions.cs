using System.Globalization;
using System.Text;
using Tmds.DBus.Protocol;
using VmTools.Linux.Accounts;

namespace VmTools.DBus.Link;

/// <summary>
/// How we present ourselves to a bus: with the effective uid, which the bus compares with what the kernel says (EXTERNAL in the
/// section "Authentication Mechanisms" of the D-Bus specification), and able to carry descriptors.
/// </summary>
internal sealed class LinkOptions(string address) : DBusConnectionOptions
{
    /// <summary>machine-id(5); what org.freedesktop.DBus.Peer.GetMachineId answers.</summary>
    private const string MachineIdFile = "/etc/machine-id";

    protected override ValueTask<SetupResult> SetupAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(new SetupResult(Decoded(address))
        {
            UserId = Users.EffectiveId.ToString(CultureInfo.InvariantCulture),
            MachineId = File.Exists(MachineIdFile) ? File.ReadAllText(MachineIdFile).Trim() : Guid.Empty.ToString("N"),
            SupportsFdPassing = true,
        });

    /// <summary>
    /// The address with characters outside ASCII as they are: the library takes each escaped byte for a character of its own, and would
    /// not find a socket in <c>/home/jürgen</c>.
    /// </summary>
    internal static string Decoded(string address)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(address);
        var bytes = new List<byte>(rest.Length);
        while (!rest.IsEmpty)
        {
            var isEscaped = rest is [(byte)'%', _, _, ..]
                && byte.TryParse(rest[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet)
                && octet >= 0x80;
            bytes.Add(isEscaped ? Convert.FromHexString(Encoding.ASCII.GetString(rest[1..3]))[0] : rest[0]);
            rest = rest[(isEscaped ? 3 : 1)..];
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
