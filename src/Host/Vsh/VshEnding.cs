namespace VmTools.Host.Vsh;

/// <summary>How a session ended: the exit code to pass on, and what to tell the user where it was not the program's own end.</summary>
internal sealed record VshEnding(int Code, string? Problem)
{
    /// <summary>vsh itself failed.</summary>
    public const int OwnFailure = 125;

    private const int SignalBase = 128;
    private const int SigPipe = 13;

    /// <summary>Nobody reads our output: we end as a program on that pipe would, and closing the connection ends the guest's.</summary>
    public static readonly VshEnding OutputClosed = new(SignalBase + SigPipe, null);

    /// <summary>A code that no program can have is a failure, never by chance the 0 that it would be modulo 256.</summary>
    public static VshEnding Exited(int code) => new(code is >= 0 and <= 255 ? code : 255, null);

    public static VshEnding Lost(string why) => new(OwnFailure, why);

    public static VshEnding Signalled(int signal) => new(SignalBase + signal, null);
}
