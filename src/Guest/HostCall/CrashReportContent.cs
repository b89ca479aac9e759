using Google.Protobuf;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Guest.HostCall;

/// <summary>What a CrashReport (vm_crash.proto) says, before it is serialized.</summary>
/// <param name="Fields">Names and values; the names are those of <see cref="Protocol.Wire.CrashFields"/>.</param>
/// <param name="Minidump">Empty where there is none.</param>
/// <param name="ProcessTree">The process that died and its ancestors, for a person to read.</param>
internal sealed record CrashReportContent(IReadOnlyDictionary<string, string> Fields, ReadOnlyMemory<byte> Minidump, string ProcessTree)
{
    /// <summary>The message's bytes, as they are spooled and sent.</summary>
    public byte[] Serialize()
    {
        var report = new CrashReport { ProcessTree = ProcessTree, Metadata = { Fields.ToDictionary(StringComparer.Ordinal) } };
        if (!Minidump.IsEmpty)
        {
            report.Minidump = UnsafeByteOperations.UnsafeWrap(Minidump);
        }

        return report.ToByteArray();
    }

    /// <summary>A serialized report with one more field.</summary>
    public static byte[] WithField(ReadOnlySpan<byte> report, string name, string value)
    {
        // Of two messages one after the other the entries of both maps count (protobuf.dev, "Encoding", "Last One Wins").
        var addition = new CrashReport { Metadata = { [name] = value } };
        return [.. report, .. addition.ToByteArray()];
    }
}
