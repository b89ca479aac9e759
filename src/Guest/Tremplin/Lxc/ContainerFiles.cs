using System.Text;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>
/// Small files of a running container, read from outside: links are followed as if its root were ours, and what is read is bounded.
/// </summary>
internal sealed class ContainerFiles(int init)
{
    private const int MaxAccountBytes = 64 * 1024;

    public OsRelease Release() => Read("/etc/os-release", OsRelease.MaxFileBytes) is { } text ? OsRelease.Parse(text) : OsRelease.Unknown;

    public UserEntry? UserById(uint id) => Read("/etc/passwd", MaxAccountBytes) is { } text ? Users.FindById(text.Split('\n'), id) : null;

    private string? Read(string path, int mostBytes)
    {
        using var root = ForeignFile.TryOpenDirectory($"/proc/{init}/root");
        using var file = root is null ? null : ForeignFile.TryOpenBelow(root, path);
        if (file is null)
        {
            return null;
        }

        var bytes = new byte[mostBytes];
        return Fd.TryReadAt(file, bytes, 0, out var count) == Errno.None ? Encoding.UTF8.GetString(bytes, 0, count) : null;
    }
}
