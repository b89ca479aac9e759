using VmTools.Protocol.Grpc;
using VmTools.Unit.Protocol.Fakes;

namespace VmTools.Unit.Host.Hostile;

/// <summary>A daemon's port that guests reach, with two VMs: a hostile one and another.</summary>
internal interface IGuestPort : IAsyncDisposable
{
    GrpcLimits Limits { get; }

    /// <summary>What the daemon would have logged.</summary>
    IReadOnlyCollection<string> Log { get; }

    /// <summary>How many lines a guest may make it log, whatever it does.</summary>
    int MostLines { get; }

    /// <summary>The headers of a call that the port serves.</summary>
    (string Name, string Value)[] Call { get; }

    /// <summary>And an honest message for it.</summary>
    byte[] Message { get; }

    /// <summary>A connection of the hostile guest without any client on it.</summary>
    Task<RawHttp2> DialAsync();

    /// <summary>The other VM calls and gets what it wants; throws where it does not.</summary>
    Task ServeOtherAsync();
}
