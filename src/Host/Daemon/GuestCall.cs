using Grpc.Core;
using VmTools.Host.GuestText;
using VmTools.Protocol;

namespace VmTools.Host.Daemon;

/// <summary>
/// One call of a daemon to an agent in a guest. It has a deadline, and what refuses it is believed only as far as a status and a cleaned
/// sentence: root in the guest may have written it.
/// </summary>
internal static class GuestCall
{
    /// <summary>The guest's answer; <paramref name="what"/> ends the sentence "The guest did not …" where there is none.</summary>
    /// <exception cref="VmToolsException">The guest refused, was not reached, or said nothing within the limit.</exception>
    public static async Task<T> RunAsync<T>(
        string what, Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan limit, TimeProvider clock, CancellationToken cancel)
    {
        var deadline = clock.GetUtcNow().UtcDateTime + limit;
        try
        {
            using var answer = call(new CallOptions(deadline: deadline, cancellationToken: cancel));
            return await answer;
        }
        catch (RpcException refused)
        {
            cancel.ThrowIfCancellationRequested();
            throw Failure(what, refused);
        }
    }

    /// <summary>A refusal of the guest as a sentence of ours; <paramref name="what"/> ends its beginning "The guest did not …".</summary>
    public static VmToolsException Failure(string what, RpcException refused) =>
        UnreachableIn(refused.Status.DebugException) is { } unreachable
            ? new VmToolsException(unreachable.Kind, $"The guest did not {what}. {unreachable.Message}", refused)
            : new VmToolsException(
                KindOf(refused.StatusCode),
                $"The guest did not {what} ({refused.StatusCode}: {LogTail.Clean(refused.Status.Detail)}).",
                refused);

    /// <summary>What the carrier said, somewhere below the exceptions of HTTP and gRPC.</summary>
    private static VmToolsException? UnreachableIn(Exception? cause)
    {
        while (cause is not null and not VmToolsException)
        {
            cause = cause.InnerException;
        }

        return (VmToolsException?)cause;
    }

    private static ErrorKind KindOf(StatusCode status) => status switch
    {
        StatusCode.DeadlineExceeded => ErrorKind.DeadlineExceeded,
        StatusCode.Unavailable => ErrorKind.Unavailable,
        _ => ErrorKind.Internal,
    };
}
