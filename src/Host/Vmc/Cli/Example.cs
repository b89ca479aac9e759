namespace VmTools.Host.Vmc.Cli;

/// <summary>A command line and what it does, for a verb's help.</summary>
internal readonly record struct Example(string CommandLine, string Effect);
