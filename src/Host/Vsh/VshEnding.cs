using VmTools.Linux;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Vsh;

/// <summary>How a session ended: the exit code to pass on, and what to tell the user where it was not the program's own end.</summary>
internal sealed record VshEnding(int Code, string? Problem)
{
    /// <summary>vsh itself failed.</summary>
    public const int OwnFailure = 125;

    /// <summary>How much of what the guest says of itself is shown, in characters.</summary>
    public const int MostDescription = 500;

    private const int SignalBase = 128;

    /// <summary>
    /// The reader of our output has left: we end as a program on that pipe would, and closing the connection ends the guest's.
    /// </summary>
    public static readonly VshEnding OutputClosed = Signalled((int)Signal.Pipe);

    /// <summary>Our terminal was closed, and with the connection the guest's is.</summary>
    public static readonly VshEnding TerminalClosed = Signalled((int)Signal.Hup);

    /// <summary>The person at the terminal will not wait for a VM that does not answer.</summary>
    public static readonly VshEnding Left = Signalled((int)Signal.Int);

    /// <summary>The connection was lost, and the problem is only the reason.</summary>
    public bool IsLost { get; private init; }

    /// <summary>A code that no program can have is a failure, never by chance the 0 that it would be modulo 256.</summary>
    public static VshEnding Exited(int code) => new(code is >= 0 and <= 255 ? code : 255, null);

    public static VshEnding Lost(string why) => new(OwnFailure, why) { IsLost = true };

    public static VshEnding InputFailed(Errno reason) => new(
        OwnFailure,
        $"{new LinuxException(reason, "Standard input could not be read").Message}. The command was ended, so that it does not take the "
            + $"part for the whole.");

    public static VshEnding OutputFailed(Errno reason) =>
        new(OwnFailure, $"{new LinuxException(reason, "Standard output could not be written").Message}.");

    public static VshEnding Signalled(int signal) => new(SignalBase + signal, null);
}
