using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Machines;

/// <summary>The files that travel with a start request as descriptors, in the order in which the request names their kinds.</summary>
internal sealed class StartFiles : IDisposable
{
    private readonly List<FdHandle> _files = [];
    private readonly List<StartVmRequest.Types.FdType> _kinds = [];

    public IReadOnlyList<StartVmRequest.Types.FdType> Kinds => _kinds;

    public void Open(string? path, StartVmRequest.Types.FdType kind, OpenFlags flags)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            _files.Add(FdHandle.Open(path, flags));
            _kinds.Add(kind);
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(
                refused.Errno == Errno.ENOENT ? ErrorKind.NotFound : ErrorKind.PermissionDenied,
                refused.Errno == Errno.ENOENT ? $"There is no file '{path}'." : $"The file '{path}' cannot be opened: {refused.Errno}.",
                refused);
        }
    }

    /// <summary>The descriptors, which are the taker's from here on.</summary>
    public IReadOnlyList<FdHandle> Take()
    {
        FdHandle[] taken = [.. _files];
        _files.Clear();
        return taken;
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());
}
