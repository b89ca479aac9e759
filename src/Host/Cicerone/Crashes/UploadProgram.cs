namespace VmTools.Host.Cicerone.Crashes;

/// <summary>The program of an <see cref="UploadHook"/> and how long it may take.</summary>
internal sealed record UploadProgram(string Path, TimeSpan Limit);
