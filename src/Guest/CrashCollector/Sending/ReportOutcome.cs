namespace VmTools.Guest.CrashCollector.Sending;

/// <summary>What the host made of a report.</summary>
internal enum ReportOutcome
{
    /// <summary>It has it.</summary>
    Taken,

    /// <summary>It will never take it: too large, too many, or not wanted.</summary>
    Refused,

    /// <summary>It was not reached or is not ready; the report is sent again later.</summary>
    Away,
}
