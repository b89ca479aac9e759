namespace VmTools.Bench;

/// <summary>A measurement that could not be made, with a sentence saying why.</summary>
internal sealed class BenchException(string message) : Exception(message);
