using System.Collections.ObjectModel;

namespace VmTools.Protocol.Grpc;

/// <summary>What a one-shot call sends: a message that is serialized already, so that it can be sent again byte for byte.</summary>
/// <param name="Path">As in /package.Service/Method.</param>
/// <param name="Message">The serialized message.</param>
public sealed record OneShotRequest(string Path, ReadOnlyMemory<byte> Message)
{
    /// <summary>
    /// A message up to here fits the window every HTTP/2 peer begins with (RFC 9113, section 6.9.2), so the whole request is
    /// written before anything is read.
    /// </summary>
    public const int OneWindowBytes = 60 * 1024;

    /// <summary>The longest message: what a server takes at most.</summary>
    public const int MaxMessageBytes = 4 * 1024 * 1024;

    /// <summary>Metadata of the call: names in lower case, values in ASCII.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
