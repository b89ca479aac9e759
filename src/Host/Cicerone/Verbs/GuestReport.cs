namespace VmTools.Host.Cicerone.Verbs;

/// <summary>A report as a guest sent it: anything may be in it.</summary>
internal sealed record GuestReport(IEnumerable<KeyValuePair<string, string>> Metadata, ReadOnlyMemory<byte> Dump, string ProcessTree);
