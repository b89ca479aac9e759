using System.Globalization;
using VmTools.Linux;
using VmTools.Virtio.VhostUser;

namespace VmTools.Host.VsockDevice;

/// <summary>The command line of <c>vm_vsock</c>.</summary>
internal sealed record VsockDeviceOptions(string Socket, uint Cid, string Directory)
{
    /// <summary>The file that the program logs to; null for standard error.</summary>
    public string? LogFile { get; init; }

    /// <summary>The socket to which the VMM may connect its console; the log in <see cref="VmLogDirectory"/> takes what it says.</summary>
    public string? ConsoleSocket { get; init; }

    public string? VmLogDirectory { get; init; }

    /// <summary>
    /// An inherited descriptor, the peer of the one that the VMM has for its network card; null where the VMM has a network of its own.
    /// </summary>
    public int? NetworkFd { get; init; }

    /// <summary>The socket on which the user-mode network listens.</summary>
    public string? NetworkSocket { get; init; }

    /// <summary>What is offered to the guest; less than everything only to measure or to find a fault.</summary>
    public VirtioFeatures Features { get; init; } = VirtioFeatures.Offered;

    /// <summary>Null with a sentence that names the mistake when the arguments are not right.</summary>
    public static VsockDeviceOptions? Parse(IReadOnlyList<string> arguments, out string mistake)
    {
        Dictionary<string, string> given = new(StringComparer.Ordinal);
        foreach (var argument in arguments)
        {
            if (!Flag.TryRead(argument, out var flag) || flag is not { Dashes: 2, Value: { } value })
            {
                mistake = $"'{argument}' is not of the form --name=value.";
                return null;
            }

            given[flag.Name] = value;
        }

        return Build(given, out mistake);
    }

    private static VsockDeviceOptions? Build(Dictionary<string, string> given, out string mistake)
    {
        string? Take(string name) => given.Remove(name, out var value) ? value : null;

        var (socket, cid, directory) = (Take("socket"), Take("cid"), Take("vsock-dir"));
        var (log, without) = (Take("log"), Take("without"));
        var (consoleSocket, vmLogs) = (Take("console-socket"), Take("vm-log-dir"));
        var (networkFd, networkSocket) = (Take("network-fd"), Take("network-socket"));
        var isInherited = TryInherited(networkFd, out var networkNumber);
        var isGuest = IsGuestCid(cid, out var number);
        var isKnown = TryFeatures(without, out var features);
        mistake =
            given.Count > 0 ? $"There is no option --{given.Keys.First()}."
            : string.IsNullOrEmpty(socket) ? "--socket names the socket for the VMM and is missing."
            : string.IsNullOrEmpty(directory) ? "--vsock-dir names the directory of the vsock addresses and is missing."
            : !isGuest ? $"--cid must be a number from 3 to 4294967294, not '{cid}'."
            : !isKnown ? $"--without knows event-idx and indirect, not '{without}'."
            : consoleSocket is null != vmLogs is null ? "--console-socket and --vm-log-dir go together."
            : networkFd is null != networkSocket is null ? "--network-fd and --network-socket go together."
            : !isInherited ? $"--network-fd must be the number of an inherited descriptor, 3 or more, not '{networkFd}'."
            : "";
        return mistake.Length > 0
            ? null
            : new VsockDeviceOptions(socket!, number, directory!)
            {
                LogFile = log is null or "stderr" ? null : log,
                Features = features,
                ConsoleSocket = consoleSocket,
                VmLogDirectory = vmLogs,
                NetworkFd = networkNumber,
                NetworkSocket = networkSocket,
            };
    }

    private static bool IsGuestCid(string? text, out uint cid) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out cid) && cid is > 2 and < uint.MaxValue;

    /// <summary>True for one that is not given, which is null.</summary>
    private static bool TryInherited(string? text, out int? fd)
    {
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 2;
        fd = isNumber ? number : null;
        return isNumber || text is null;
    }

    private static bool TryFeatures(string? without, out VirtioFeatures features)
    {
        features = VirtioFeatures.Offered;
        foreach (var name in without?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            var bit = name switch
            {
                "event-idx" => VirtioFeatures.EventIndex,
                "indirect" => VirtioFeatures.IndirectDescriptors,
                _ => VirtioFeatures.None,
            };
            if (bit == VirtioFeatures.None)
            {
                return false;
            }

            features &= ~bit;
        }

        return true;
    }
}
