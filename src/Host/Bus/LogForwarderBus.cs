namespace VmTools.Host.Bus;

/// <summary>What vmlog_forwarder is called on a bus.</summary>
internal static class LogForwarderBus
{
    /// <summary>The program that has the name.</summary>
    public const string Program = "vmlog_forwarder";

    public const string Name = "org.vmtools.LogForwarder1";
    public const string Path = "/org/vmtools/LogForwarder1";
    public const string Interface = "org.vmtools.LogForwarder1";
}
