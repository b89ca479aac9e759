using VmTools.Protocol;

namespace VmTools.Host.Concierge.Device;

/// <summary>A CID until it is given back.</summary>
internal sealed class CidLease(Cid value, Action<Cid> giveBack) : IAsyncDisposable
{
    public Cid Value => value;

    public ValueTask DisposeAsync()
    {
        giveBack(value);
        return ValueTask.CompletedTask;
    }
}
