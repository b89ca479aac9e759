using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>The one place where failures become gRPC statuses, and statuses of a peer become kinds of failure.</summary>
public static class GrpcStatuses
{
    /// <summary>The status of an expected failure.</summary>
    public static StatusCode CodeOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Internal => StatusCode.Internal,
        ErrorKind.InvalidArgument => StatusCode.InvalidArgument,
        ErrorKind.NotFound => StatusCode.NotFound,
        ErrorKind.AlreadyExists => StatusCode.AlreadyExists,
        ErrorKind.FailedPrecondition => StatusCode.FailedPrecondition,
        ErrorKind.ResourceExhausted => StatusCode.ResourceExhausted,
        ErrorKind.Unavailable => StatusCode.Unavailable,
        ErrorKind.PermissionDenied => StatusCode.PermissionDenied,
        ErrorKind.DeadlineExceeded => StatusCode.DeadlineExceeded,
        ErrorKind.Cancelled => StatusCode.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind of failure has no gRPC status."),
    };

    /// <summary>What the status that a peer answered means to us.</summary>
    public static ErrorKind KindOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument or StatusCode.OutOfRange => ErrorKind.InvalidArgument,
        StatusCode.NotFound => ErrorKind.NotFound,
        StatusCode.AlreadyExists => ErrorKind.AlreadyExists,
        StatusCode.FailedPrecondition or StatusCode.Aborted => ErrorKind.FailedPrecondition,
        StatusCode.ResourceExhausted => ErrorKind.ResourceExhausted,
        StatusCode.Unavailable or StatusCode.Unimplemented => ErrorKind.Unavailable,
        StatusCode.PermissionDenied or StatusCode.Unauthenticated => ErrorKind.PermissionDenied,
        StatusCode.DeadlineExceeded => ErrorKind.DeadlineExceeded,
        StatusCode.Cancelled => ErrorKind.Cancelled,
        _ => ErrorKind.Internal,
    };

    /// <summary>A handler's exception as a status; a bug is to be logged, and its text is not for the caller.</summary>
    internal static (Status Status, bool IsBug) Of(Exception failure, bool isPastDeadline) => failure switch
    {
        // So answers the generated base of a service for what the service leaves out.
        RpcException { StatusCode: StatusCode.Unimplemented, Status.Detail: "" } =>
            (new Status(StatusCode.Unimplemented, "This method is not offered here."), false),
        RpcException rpc => (rpc.Status, false),
        VmToolsException expected => (new Status(CodeOf(expected.Kind), expected.Message), false),
        OperationCanceledException when isPastDeadline =>
            (new Status(StatusCode.DeadlineExceeded, "The call's deadline has passed."), false),
        OperationCanceledException => (new Status(StatusCode.Cancelled, "The call was cancelled."), false),
        // Kestrel says so when the peer has gone in the middle of its request, or is too slow to be waited for.
        Microsoft.AspNetCore.Http.BadHttpRequestException => (new Status(StatusCode.Cancelled, "The request came too slowly."), false),
        IOException or Microsoft.AspNetCore.Connections.ConnectionAbortedException =>
            (new Status(StatusCode.Cancelled, "The connection was lost."), false),
        _ => (new Status(StatusCode.Internal, "The call failed inside the server."), true),
    };
}
