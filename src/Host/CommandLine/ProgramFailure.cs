using System.Net.Sockets;
using VmTools.DBus;
using VmTools.Protocol;

namespace VmTools.Host.CommandLine;

/// <summary>What escaped from a program, as it is told: a kind for programs and a sentence for people.</summary>
internal sealed record ProgramFailure(string Kind, string Message)
{
    /// <summary>The variable that asks for the stack as well.</summary>
    public const string DebugVariable = "VMTOOLS_DEBUG";

    /// <summary>The kind of a defect in the program itself.</summary>
    public const string Defect = "defect";

    public static bool IsTraced(Func<string, string?> environment) => !string.IsNullOrEmpty(environment(DebugVariable));

    public static ProgramFailure Of(Exception escaped) => CauseOf(escaped) is var cause && !IsExpected(cause)
        ? new(Defect,
            $"This is a defect ({cause.GetType().Name}: {cause.Message.ReplaceLineEndings(" ")}). Please report it, with what you did and "
            + $"what is said with {DebugVariable}=1.")
        : new(KindOf(cause), cause.Message);

    private static bool IsExpected(Exception cause) =>
        cause is VmToolsException or TimeoutException or OperationCanceledException
            or UnauthorizedAccessException or IOException or SocketException;

    /// <summary>The runtime wraps what a static constructor or a task threw.</summary>
    private static Exception CauseOf(Exception escaped) =>
        escaped is TypeInitializationException or AggregateException && escaped.InnerException is { } inner ? CauseOf(inner) : escaped;

    private static string KindOf(Exception cause) => cause switch
    {
        VmToolsException { Kind: var kind } => NameOf(kind),
        DBusException => NameOf(ErrorKind.Unavailable),
        TimeoutException => NameOf(ErrorKind.DeadlineExceeded),
        OperationCanceledException => NameOf(ErrorKind.Cancelled),
        UnauthorizedAccessException => NameOf(ErrorKind.PermissionDenied),
        _ => "io",
    };

    /// <summary>As the JSON has all its names.</summary>
    private static string NameOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Internal => "internal",
        ErrorKind.InvalidArgument => "invalid_argument",
        ErrorKind.NotFound => "not_found",
        ErrorKind.AlreadyExists => "already_exists",
        ErrorKind.FailedPrecondition => "failed_precondition",
        ErrorKind.ResourceExhausted => "resource_exhausted",
        ErrorKind.Unavailable => "unavailable",
        ErrorKind.PermissionDenied => "permission_denied",
        ErrorKind.DeadlineExceeded => "deadline_exceeded",
        ErrorKind.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of error."),
    };
}
