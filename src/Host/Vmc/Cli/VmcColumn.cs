namespace VmTools.Host.Vmc.Cli;

/// <summary>
/// A column of a table. One with a <see cref="Rank"/> above 0 may be left out where the terminal is too narrow, the highest first; the others always
/// stay.
/// </summary>
internal readonly record struct VmcColumn(string Title, int Rank = 0);
