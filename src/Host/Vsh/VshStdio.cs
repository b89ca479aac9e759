using VmTools.Linux;
using VmTools.Linux.Terminals;

namespace VmTools.Host.Vsh;

/// <summary>The three streams on our side.</summary>
internal sealed record VshStdio(FdHandle Input, FdHandle Output, FdHandle Error)
{
    /// <summary>A person sits at both ends: the guest gets a terminal, and ours hands over every key.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Those this program was started with.</summary>
    public static VshStdio OfProcess() =>
        new(FdHandle.Standard(0), FdHandle.Standard(1), FdHandle.Standard(2))
        {
            IsInteractive = Terminal.IsTerminal(0) && Terminal.IsTerminal(1),
        };
}
