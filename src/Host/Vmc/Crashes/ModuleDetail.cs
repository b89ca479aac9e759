namespace VmTools.Host.Vmc.Crashes;

/// <summary>A program or library that was in memory.</summary>
internal sealed record ModuleDetail(string Path, string Start, string Size, string BuildId);
