using System.Globalization;
using System.Text;
using VmTools.Linux;

namespace VmTools.Host.Concierge.Device;

/// <summary>
/// The next CID as a line of digits in the runtime directory. It is gone after a reboot, and so are the VMs. A file that
/// cannot be read or written costs only the memory of CIDs released just before a restart.
/// </summary>
internal sealed class CidFile(string path) : ICidMemory
{
    private const int MostBytes = 16;

    public uint? Read()
    {
        try
        {
            return uint.TryParse(SmallFile.Read(path, MostBytes), NumberStyles.None, CultureInfo.InvariantCulture, out var next) ? next : null;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(uint next)
    {
        try
        {
            AtomicFile.Write(path, Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture)), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        catch (IOException)
        {
            // A full runtime directory must not keep a VM from starting: the records still say which CIDs are in use.
        }
    }
}
