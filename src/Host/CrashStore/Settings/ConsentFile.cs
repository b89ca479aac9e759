using System.Text;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.CrashStore.Settings;

/// <summary>
/// Whether the user lets crash reports be kept, in a file of one word. Without the file they are, as nothing leaves the machine; a file
/// that cannot be read or says something else is a no.
/// </summary>
internal sealed record ConsentFile(string Path)
{
    private const string On = "on";
    private const string Off = "off";
    private const int MostBytes = 64;

    /// <summary>Read each time, so that a change holds at once.</summary>
    public bool IsGranted()
    {
        try
        {
            return Encoding.UTF8.GetString(SmallFile.ReadThroughLinks(Path, MostBytes)).Trim() == On;
        }
        catch (LinuxException missing) when (missing.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <exception cref="VmToolsException">The file cannot be written.</exception>
    public void Set(bool isGranted)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            AtomicFile.Write(Path, isGranted ? "on\n"u8 : "off\n"u8, FileModes.OwnerReadsAndWrites);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied, $"The consent '{WordOf(isGranted)}' cannot be written to {Path}: {refused.Message}", refused);
        }
    }

    public static string WordOf(bool isGranted) => isGranted ? On : Off;
}
