using VmTools.Linux.Terminals;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;

namespace VmTools.Host.Vsh;

/// <summary>The first message of a session.</summary>
internal static class VshRequest
{
    /// <exception cref="VmToolsException">The command and its variables do not fit into a message.</exception>
    public static SetupConnectionRequest For(VshOptions options, VshStdio stdio, string? terminalName)
    {
        var request = new SetupConnectionRequest
        {
            Target = options.Container ?? VshTarget.Vm,
            User = options.User,
            Argv = { options.Command },
            Cwd = options.Directory,
            CwdPid = options.DirectoryOfPid,
            Nopty = !stdio.IsInteractive,
        };
        if (terminalName is not null)
        {
            request.Env["TERM"] = terminalName;
        }

        foreach (var (name, value) in options.Environment)
        {
            request.Env[name] = value;
        }

        if (stdio.IsInteractive && Terminal.SizeOf(stdio.Output) is { } size)
        {
            (request.WindowRows, request.WindowCols) = (size.Rows, size.Columns);
        }

        return request.CalculateSize() <= VshFrame.MaxMessageBytes ? request : throw TooLong(request.CalculateSize());
    }

    private static VmToolsException TooLong(int bytes) => new(
        ErrorKind.InvalidArgument,
        $"The command with its variables takes {bytes} bytes; vsh can send {VshFrame.MaxMessageBytes}. "
        + "A longer script goes in by standard input: vsh VM -- sh < script");
}
