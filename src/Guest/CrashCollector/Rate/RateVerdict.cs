namespace VmTools.Guest.CrashCollector.Rate;

/// <summary>Whether a crash is reported, and how many of the same executable were not since the last one that was.</summary>
internal readonly record struct RateVerdict(bool IsAllowed, int Suppressed);
