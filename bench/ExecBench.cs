namespace VmTools.Bench;

/// <summary>One short program in the guest: vsh, ssh and the raw C exec server, each from spawn to exit on the host.</summary>
internal static class ExecBench
{
    private const int Rounds = 20;

    public static async Task<IReadOnlyList<Promise>> RunAsync(GuestPeers peers, CancellationToken cancel)
    {
        var tool = peers.Instance.Tool;
        Samples vsh = new(), ssh = new(), raw = new();
        for (var round = 0; round < Rounds; round++)
        {
            vsh.Add(await tool.TimeAsync(peers.Instance.Vsh("true"), cancel));
            raw.Add(await tool.TimeAsync(peers.Client(peers.VsockAddress, "exec", "true"), cancel));
            ssh.Add(await tool.TimeAsync(peers.Ssh("true"), cancel));
        }

        return
        [
            Promise.AtMost("`vsh VM -- true` against ssh over user-mode networking", vsh.Median / ssh.Median, 0.10),
            Promise.AtMost("`vsh VM -- true` against a raw C exec server over the same vsock", vsh.Median / raw.Median, 1.5),
        ];
    }
}
