using System.Globalization;

namespace VmTools.Protocol.Wire;

/// <summary>
/// The header (gRPC metadata) by which vm_syslog names a batch of log records to vmlog_forwarder, so that a batch that comes twice is kept
/// once. An addition of ours: the original's daemons ignore it.
/// </summary>
public static class BatchHeader
{
    /// <summary>In lower case, as HTTP/2 wants header names (RFC 9113, section 8.2).</summary>
    public const string Name = "vmtools-batch";

    /// <summary>The spool's own name, a hyphen, and the number of the batch in it, in decimal digits.</summary>
    public static string ValueOf(string spool, long number) => string.Create(CultureInfo.InvariantCulture, $"{spool}-{number}");
}
