using VmTools.Guest.Vshd.Loop;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>What the program's standard streams are: a terminal or three pipes.</summary>
internal interface ISessionStdio : IDisposable
{
    /// <summary>Our end of standard input; null once it is closed.</summary>
    WatchedFd? Input { get; }

    IReadOnlyList<SessionOutput> Outputs { get; }

    /// <summary>Gives the streams to the program that is to be started.</summary>
    SpawnRequest Attach(SpawnRequest request);

    /// <summary>The program has its ends (or will never have them): ours of them are closed.</summary>
    void Attached();

    void Resize(int rows, int columns);

    /// <summary>Tells the program that no more input comes, behind what waits in the queue.</summary>
    void EndInput(InputQueue queue);

    /// <summary>Closes our end of standard input: the program does not read it any more, or its end has come.</summary>
    void CloseInput();

    /// <summary>The process group a signal is meant for.</summary>
    int GroupToSignal(int programPid);
}
