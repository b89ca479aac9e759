namespace VmTools.Guest.Tremplin.Network;

/// <summary>
/// The rules of nftables by which containers reach other networks (nft(8)): one table of ours, made anew as a whole in one transaction,
/// whatever stood in it.
/// </summary>
internal static class NftRules
{
    public const string Table = "vmtools";

    public static string Text(ContainerSubnet subnet) =>
        $$"""
        table ip {{Table}}
        delete table ip {{Table}}
        table ip {{Table}} {
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr {{subnet}} ip daddr != {{subnet}} masquerade
          }
        }

        """;
}
