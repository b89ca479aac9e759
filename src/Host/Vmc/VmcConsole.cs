using VmTools.Linux;

namespace VmTools.Host.Vmc;

/// <summary>Where vmc reads and writes: results on standard output, everything else on standard error.</summary>
internal sealed record VmcConsole(TextWriter Output, TextWriter Error, TextReader Input)
{
    /// <summary>Whether a person watches standard output, so that tables may have colours and the terminal's width.</summary>
    public bool IsOutputTerminal { get; init; }

    /// <summary>Whether a person watches standard error, so that progress may rewrite its line.</summary>
    public bool IsErrorTerminal { get; init; }

    public int Width { get; init; } = 200;

    /// <summary>Standard output for what is no text.</summary>
    public Func<ReadOnlyMemory<byte>, CancellationToken, Task> WriteBytesAsync { get; init; } = static async (bytes, cancel) =>
    {
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(bytes, cancel);
    };

    /// <summary>Completes when nobody reads standard output any more, which the runtime's writer never tells.</summary>
    public Func<CancellationToken, Task> ReaderLeftAsync { get; init; } = static cancel => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);

    public static VmcConsole OfProcess()
    {
        var isOutputTerminal = Terminal.IsTerminal(1);
        return new VmcConsole(Console.Out, Console.Error, Console.In)
        {
            IsOutputTerminal = isOutputTerminal,
            IsErrorTerminal = Terminal.IsTerminal(2),
            ReaderLeftAsync = PipeBrokenAsync,
            Width = isOutputTerminal && Terminal.SizeOf(FdHandle.Standard(1)) is { Columns: > 0 } size ? size.Columns : 200,
        };
    }

    /// <summary>A sentence for people, beside the result.</summary>
    public void Say(string sentence) => Error.WriteLine(sentence);

    /// <summary>The kernel tells the writer of a pipe that its reader left without being asked for any event.</summary>
    private static async Task PipeBrokenAsync(CancellationToken cancel)
    {
        try
        {
            await Readiness.WaitAsync(FdHandle.Standard(1), default, cancel);
        }
        catch (LinuxException refused) when (refused.Errno == Errno.EPERM)
        {
            // A file has no reader to lose.
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
        }
    }
}
