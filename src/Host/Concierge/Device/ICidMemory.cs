namespace VmTools.Host.Concierge.Device;

/// <summary>Where the next CID is kept between two daemons: a file, or nothing in a test.</summary>
internal interface ICidMemory
{
    uint? Read();

    void Write(uint next);
}
