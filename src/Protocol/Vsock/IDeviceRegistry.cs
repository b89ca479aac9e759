namespace VmTools.Protocol.Vsock;

/// <summary>Which process speaks for which guest.</summary>
public interface IDeviceRegistry
{
    /// <summary>Is this process, known by the kernel's credentials, the registered device of that CID?</summary>
    bool Speaks(Cid cid, int pid, uint uid);
}
