using VmTools.Host.GuestText;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Terminals;

namespace VmTools.Host.CommandLine;

/// <summary>
/// What stands around every host program: <c>--version</c>, and the one place where an exception that the program lets escape becomes a
/// sentence on standard error and an exit code. A program whose reader has left ends as if by SIGPIPE, without a word.
/// </summary>
internal sealed record ProgramFrame(string Program, int FailureCode)
{
    private const int ReaderLeft = ExitStatus.OfSignals + (int)Signal.Pipe;

    public TextWriter Output { get; init; } = StandardWriter.Output();

    public TextWriter Error { get; init; } = StandardWriter.Error();

    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>A daemon's standard error is a log, in which the stack of a defect stands as well.</summary>
    public bool IsDaemon { get; init; }

    public async Task<int> RunAsync(string[] arguments, Func<string[], Task<int>> run)
    {
        try
        {
            if (arguments is ["--version"])
            {
                Output.WriteLine($"{Program} {ProgramVersion.Text}");
                return 0;
            }

            return await run(arguments);
        }
        catch (OutputLostException lost) when (lost.ReaderLeft)
        {
            return ReaderLeft;
        }
        catch (Exception escaped)
        {
            Tell(escaped);
            return FailureCode;
        }
    }

    private void Tell(Exception escaped)
    {
        var failure = ProgramFailure.Of(escaped);
        Error.WriteLine(SafeText.ForTerminal($"{Program}: {failure.Message}"));
        if (ProgramFailure.IsTraced(Environment) || (IsDaemon && failure.Kind == ProgramFailure.Defect && !Terminal.IsTerminal(2)))
        {
            Error.WriteLine(SafeText.ForTerminal(escaped.ToString()));
        }
    }
}
