using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Network;

/// <summary>Writes the file that tells the VM's programs where names are looked up.</summary>
internal sealed partial class SetResolvConfig(string path, ILogger log)
{
    public void Run(IReadOnlyList<string> servers, IReadOnlyList<string> searchDomains)
    {
        foreach (var word in servers.Concat(searchDomains))
        {
            if (!ResolvConf.IsWord(word))
            {
                throw new VmToolsException(
                    ErrorKind.InvalidArgument, "A name server or search domain holds characters that neither can have.");
            }
        }

        if (servers.Count == 0)
        {
            LogDefaults();
        }

        try
        {
            AtomicFile.Write(path, Encoding.ASCII.GetBytes(ResolvConf.Text(servers, searchDomains)), FileModes.AllMayRead);
        }
        catch (IOException failure)
        {
            throw new VmToolsException(ErrorKind.Internal, $"{path} could not be written.", failure);
        }
    }

    [LoggerMessage(1301, LogLevel.Warning, "no name servers given; using the public ones")]
    private partial void LogDefaults();
}
