using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>A VM's name as the host name of its guest: letters, digits and hyphens, at most 63 (RFC 1123).</summary>
internal static class GuestHostname
{
    private const int MaxLength = 63;

    /// <summary>The kernel parameter that tells it to the guest; none for a name that has nothing a host name may have.</summary>
    public static IReadOnlyList<string> ParameterFor(VmName name)
    {
        var letters = name.Value.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-');
        var hostname = new string([.. letters.Take(MaxLength)]).Trim('-');
        return hostname.Length == 0 ? [] : [$"maitred.hostname={hostname}"];
    }
}
