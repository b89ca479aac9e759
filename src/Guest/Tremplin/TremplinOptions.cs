using System.Diagnostics.CodeAnalysis;
using VmTools.Guest.Tremplin.Network;
using VmTools.Linux;

namespace VmTools.Guest.Tremplin;

/// <summary>The command line of tremplin.</summary>
internal sealed record TremplinOptions(ContainerSubnet Subnet)
{
    public static bool TryParse(IReadOnlyList<string> arguments, [NotNullWhen(true)] out TremplinOptions? options, out string problem)
    {
        (options, problem) = (null, "");
        var subnet = ContainerSubnet.Default;
        foreach (var argument in arguments)
        {
            if (!Flag.TryRead(argument, out var flag) || flag.Name != "lxd_subnet")
            {
                problem = $"there is no use for the argument '{argument}'";
                return false;
            }

            if (!ContainerSubnet.TryParse(flag.Value ?? "", out subnet))
            {
                problem = $"'{flag.Value}' is no network for containers; write it as {ContainerSubnet.Default}";
                return false;
            }
        }

        options = new TremplinOptions(subnet);
        return true;
    }
}
