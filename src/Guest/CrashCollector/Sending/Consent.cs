namespace VmTools.Guest.CrashCollector.Sending;

/// <summary>Whether the host's user lets crash reports be kept.</summary>
internal enum Consent
{
    /// <summary>The host did not answer.</summary>
    Unknown,
    Granted,
    Refused,
}
