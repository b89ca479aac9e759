using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using VmTools.Linux;

namespace VmTools.Guest.Garcon;

/// <summary>The command line of garcon. It is tremplin's to give: the descriptors are ours and not the original's.</summary>
/// <param name="ListenFd">A listening socket on which the host's connections come.</param>
/// <param name="TokenFd">A file with the container's secret, which stands neither here nor in the environment.</param>
internal sealed record GarconOptions(int ListenFd, int TokenFd)
{
    public static bool TryParse(IReadOnlyList<string> arguments, [NotNullWhen(true)] out GarconOptions? options, out string problem)
    {
        (options, problem) = (null, "");
        var (isServer, listen, token) = (false, 0, 0);
        foreach (var argument in arguments)
        {
            if (!Flag.TryRead(argument, out var flag))
            {
                problem = $"there is no use for the argument '{argument}'";
                return false;
            }

            switch (flag.Name)
            {
                case "server" when flag.Value is null:
                    isServer = true;
                    break;
                case "listen_fd" when Number(flag.Value) is { } fd:
                    listen = fd;
                    break;
                case "token_fd" when Number(flag.Value) is { } fd:
                    token = fd;
                    break;
                default:
                    problem = $"the option '{argument}' is unknown or its value cannot be used";
                    return false;
            }
        }

        if (!isServer || listen == 0 || token == 0 || listen == token)
        {
            problem = "it is started by tremplin, as --server with a --listen_fd and a --token_fd";
            return false;
        }

        options = new GarconOptions(listen, token);
        return true;
    }

    private static int? Number(string? value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 3 and <= 1024 ? number : null;
}
