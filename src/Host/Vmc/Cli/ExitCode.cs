using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Cli;

/// <summary>The one table of vmc's exit codes.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>As a shell reports a program that a signal ended.</summary>
    public const int Interrupted = ExitStatus.OfSignals + (int)Signal.Int;

    /// <summary>The same for SIGPIPE: the reader of our output has had enough.</summary>
    public const int ReaderLeft = ExitStatus.OfSignals + (int)Signal.Pipe;

    public static int Of(Exception error) => error switch
    {
        OperationCanceledException => Interrupted,
        VmToolsException { Kind: ErrorKind.Cancelled } => Interrupted,
        _ => Failed,
    };
}
