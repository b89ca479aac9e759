using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using VmTools.Host.GuestText;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Terminals;

namespace VmTools.Host.Vmc.Cli;

/// <summary>Where vmc reads and writes: results on standard output, everything else on standard error.</summary>
internal sealed record VmcConsole(TextWriter Output, TextWriter Error, TextReader Input)
{
    /// <summary>For no terminal: nothing is cut or left out.</summary>
    public const int Unlimited = int.MaxValue;

    /// <summary>Where <see cref="CanRewriteLine"/> allows it.</summary>
    public const string EraseLine = "\r\x1b[K";

    /// <summary>Whether a person watches standard output.</summary>
    public bool IsOutputTerminal { get; init; }

    /// <summary>Whether standard output is a terminal that shows colours, and the user has not asked for none.</summary>
    public bool HasColours { get; init; }

    /// <summary>Whether standard error is a terminal on which a line of progress may be written over.</summary>
    public bool CanRewriteLine { get; init; }

    /// <summary>The columns of the terminal, or <see cref="Unlimited"/>.</summary>
    public int Width { get; init; } = Unlimited;

    /// <summary>A program reads: nothing but its JSON is written.</summary>
    public bool IsForProgram { get; init; }

    /// <summary>How values become JSON. Which types can is known at the top of vmc, where the verbs are put together.</summary>
    public JsonSerializerContext? JsonTypes { get; init; }

    /// <summary>Standard output for what is no text.</summary>
    public Func<ReadOnlyMemory<byte>, CancellationToken, Task> WriteBytesAsync { get; init; } = static (bytes, _) =>
    {
        StandardWriter.Output().Write(bytes.Span);
        return Task.CompletedTask;
    };

    /// <summary>Completes when the reader of standard output has left.</summary>
    public Func<CancellationToken, Task> ReaderLeftAsync { get; init; } = static cancel =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);

    public static VmcConsole OfProcess(Func<string, string?> environment)
    {
        var (isOutput, isError) = (Terminal.IsTerminal(1), Terminal.IsTerminal(2));
        var isPlain = IsPlain(environment);
        return new VmcConsole(StandardWriter.Output(), StandardWriter.Error(), new StandardReader())
        {
            IsOutputTerminal = isOutput,
            HasColours = isOutput && !isPlain,
            CanRewriteLine = isError && !isPlain,
            ReaderLeftAsync = PipeBrokenAsync,
            Width = isOutput || isError ? WidthOf(isOutput ? 1 : 2) : Unlimited,
        };
    }

    /// <summary>Writes a line, or several, of the result. What a guest may have put into it does not drive the terminal.</summary>
    public void Print(string text) => Output.WriteLine(SafeText.ForTerminal(text));

    /// <summary>Writes the result as JSON for programs.</summary>
    public void PrintJson<T>(T value)
    {
        var type = JsonTypes?.GetTypeInfo(typeof(T))
            ?? throw new InvalidOperationException($"{typeof(T)} is not among the types of which vmc makes JSON.");
        Output.WriteLine(SafeText.ForJson(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)type)));
    }

    /// <summary>A sentence for people, beside the result.</summary>
    public void Say(string sentence)
    {
        if (!IsForProgram)
        {
            Error.WriteLine(SafeText.ForTerminal(sentence));
        }
    }

    /// <summary>Takes a line of progress, or the ^C that the terminal shows, off the screen.</summary>
    public void ClearLine()
    {
        if (CanRewriteLine)
        {
            Error.Write(EraseLine);
        }
    }

    /// <summary>A terminal that knows no escape sequences, or a user who wants none (no-color.org).</summary>
    internal static bool IsPlain(Func<string, string?> environment) =>
        environment("TERM") is null or "" or "dumb" || !string.IsNullOrEmpty(environment("NO_COLOR"));

    private static int WidthOf(int standardFd) => Terminal.SizeOf(FdHandle.Standard(standardFd)) is { } size ? size.Columns : Unlimited;

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
