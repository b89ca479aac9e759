namespace VmTools.Bench;

/// <summary>A raw vsock connection against user-mode TCP to the same VM and against a plain AF_UNIX pair on the host.</summary>
internal static class StreamBench
{
    private const int Rounds = 5;
    private const int RoundTrips = 500;
    private const long Bytes = 64 << 20;

    public static async Task<IReadOnlyList<Promise>> RunAsync(GuestPeers peers, CancellationToken cancel)
    {
        string[] addresses = [peers.VsockAddress, peers.TcpAddress, "pair"];
        (string Purpose, long Amount)[] purposes = [("ping", RoundTrips), ("send", Bytes), ("receive", Bytes)];
        var samples = addresses.SelectMany(_ => purposes, (address, purpose) => (address, purpose.Purpose))
            .ToDictionary(key => key, _ => new Samples());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (purpose, amount) in purposes)
            {
                foreach (var address in addresses)
                {
                    samples[(address, purpose)].Add(await peers.NanosecondsAsync(address, purpose, amount, cancel));
                }
            }
        }

        double Speed(string purpose, string other) => samples[(other, purpose)].Median / samples[(peers.VsockAddress, purpose)].Median;
        return
        [
            Promise.Without("raw vsock round trip against user-mode TCP (time)", 1 / Speed("ping", peers.TcpAddress)),
            Promise.Without("raw vsock round trip against an AF_UNIX pair (time)", 1 / Speed("ping", "pair")),
            Promise.Without("raw vsock into the guest against user-mode TCP (speed)", Speed("send", peers.TcpAddress)),
            Promise.Without("raw vsock into the guest against an AF_UNIX pair (speed)", Speed("send", "pair")),
            Promise.Without("raw vsock out of the guest against user-mode TCP (speed)", Speed("receive", peers.TcpAddress)),
            Promise.Without("raw vsock out of the guest against an AF_UNIX pair (speed)", Speed("receive", "pair")),
        ];
    }
}
