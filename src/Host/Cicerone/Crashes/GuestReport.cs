namespace VmTools.Host.Cicerone.Crashes;

/// <summary>A report as a guest sent it: anything may be in it.</summary>
internal sealed record GuestReport(IEnumerable<KeyValuePair<string, string>> Metadata, ReadOnlyMemory<byte> Dump, string ProcessTree);
