namespace VmTools.Host.Concierge.Vmm;

/// <summary>A VMM's command line; the first argument is the program's own name.</summary>
internal sealed record VmmCommand(string Program, IReadOnlyList<string> Arguments);
