using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Protocol.Grpc;

/// <summary>The server as an ordinary client meets it.</summary>
public sealed class GrpcServerTests
{
    private static DateTime Soon => DateTime.UtcNow.AddSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_carries_its_request_there_and_its_answer_back()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);

        var answer = await served.Client.MountAsync(new MountRequest { Permissions = 42 }, deadline: Soon, cancellationToken: Cancel);

        Assert.Equal(42, answer.Error);
    }

    [Fact]
    public async Task A_message_larger_than_every_window_arrives_whole()
    {
        await using var served = await ServedMaitred.StartAsync((request, _) =>
            Task.FromResult(new MountResponse { Error = request.Options.Length }));

        var answer = await served.Client.MountAsync(
            new MountRequest { Options = new string('x', 3_000_000) }, deadline: Soon, cancellationToken: Cancel);

        Assert.Equal(3_000_000, answer.Error);
    }

    [Fact]
    public async Task A_listener_that_fails_for_good_is_told_to_the_servers_owner()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        var failure = new LinuxException(Errno.EBADF, "accept4");

        served.BreakListener(failure);
        var ended = await served.Server.Ended.WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        Assert.Equal(ErrorKind.Internal, ended?.Kind);
        Assert.Same(failure, ended?.InnerException);
    }

    [Fact]
    public async Task A_server_that_was_disposed_has_ended_without_a_cause()
    {
        var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);
        Assert.False(served.Server.Ended.IsCompleted);

        await served.DisposeAsync();

        Assert.Null(await served.Server.Ended.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
    }

    [Fact]
    public async Task Many_calls_share_a_connection()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(number => served.Client.MountAsync(
            new MountRequest { Permissions = (uint)number }, deadline: Soon, cancellationToken: Cancel).ResponseAsync));

        Assert.Equal(Enumerable.Range(0, 100), answers.Select(answer => answer.Error));
    }

    [Fact]
    public async Task The_caller_is_known_by_its_address()
    {
        var peer = "";
        var cid = Cid.Any;
        await using var served = await ServedMaitred.StartAsync((_, context) =>
        {
            (peer, cid) = (context.Peer, context.PeerCid());
            return Task.FromResult(new MountResponse());
        });

        await served.Client.MountAsync(new MountRequest(), deadline: Soon, cancellationToken: Cancel);

        Assert.Equal("vsock:2:1024", peer);
        Assert.Equal(Cid.Host, cid);
    }

    [Fact]
    public async Task The_end_of_a_connection_is_told()
    {
        var ended = new TaskCompletionSource();
        await using var served = await ServedMaitred.StartAsync(
            ServedMaitred.Echo, options => options with { ConnectionEnded = ended.SetResult });
        var raw = await served.DialHttp2Async();
        Assert.False(ended.Task.IsCompleted);

        await raw.DisposeAsync();

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task Metadata_travels_both_ways()
    {
        await using var served = await ServedMaitred.StartAsync((_, context) =>
        {
            context.ResponseTrailers.Add("heard", context.RequestHeaders.GetValue("said")!);
            context.ResponseTrailers.Add("raw-bin", context.RequestHeaders.GetValueBytes("raw-bin")!);
            return Task.FromResult(new MountResponse());
        });

        var call = served.Client.MountAsync(
            new MountRequest(), new Metadata { { "said", "hello" }, { "raw-bin", [0, 255] } }, Soon, Cancel);
        await call;

        Assert.Equal("hello", call.GetTrailers().GetValue("heard"));
        Assert.Equal([0, 255], call.GetTrailers().GetValueBytes("raw-bin"));
    }

    [Fact]
    public async Task A_method_that_is_not_implemented_says_so()
    {
        await using var served = await ServedMaitred.StartAsync(ServedMaitred.Echo);

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await served.Client.ShutdownAsync(new EmptyMessage(), deadline: Soon, cancellationToken: Cancel));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task An_expected_failure_keeps_its_kind_and_its_sentence()
    {
        await using var served = await ServedMaitred.StartAsync((_, _) =>
            throw new VmToolsException(ErrorKind.NotFound, "There is no disk “Ü” at 100 %."));

        var error = await FailAsync(served);

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equal("There is no disk “Ü” at 100 %.", error.Status.Detail);
    }

    [Fact]
    public async Task A_status_of_the_method_is_passed_on()
    {
        await using var served = await ServedMaitred.StartAsync((_, _) =>
            throw new RpcException(new Status(StatusCode.Aborted, "line\nbreak"), new Metadata { { "hint", "again" } }));

        var error = await FailAsync(served);

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.Equal("line\nbreak", error.Status.Detail);
        Assert.Equal("again", error.Trailers.GetValue("hint"));
    }

    [Fact]
    public async Task A_status_set_on_the_context_is_passed_on()
    {
        await using var served = await ServedMaitred.StartAsync((_, context) =>
        {
            context.Status = new Status(StatusCode.DataLoss, "half of it is gone");
            return Task.FromResult(new MountResponse());
        });

        var error = await FailAsync(served);

        Assert.Equal((StatusCode.DataLoss, "half of it is gone"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task A_defect_is_internal_and_keeps_its_text_to_itself()
    {
        await using var served = await ServedMaitred.StartAsync((_, _) => throw new InvalidOperationException("secret"));

        var error = await FailAsync(served);

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.DoesNotContain("secret", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_beyond_the_limit_is_refused()
    {
        await using var served = await ServedMaitred.StartAsync(
            ServedMaitred.Echo, options => options with { Limits = new GrpcLimits { MessageBytes = 1000 } });

        var error = await Assert.ThrowsAsync<RpcException>(async () => await served.Client.MountAsync(
            new MountRequest { Options = new string('x', 1000) }, deadline: Soon, cancellationToken: Cancel));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task A_request_of_exactly_the_limit_is_taken()
    {
        var request = new MountRequest { Options = new string('x', 997) };
        await using var served = await ServedMaitred.StartAsync(
            ServedMaitred.Echo, options => options with { Limits = new GrpcLimits { MessageBytes = request.CalculateSize() } });

        await served.Client.MountAsync(request, deadline: Soon, cancellationToken: Cancel);
    }

    [Fact]
    public async Task An_answer_beyond_the_limit_is_refused_by_the_client()
    {
        await using var served = await ServedMaitred.StartAsync((_, _) =>
            throw new RpcException(new Status(StatusCode.Aborted, new string('x', 100_000))));

        var error = await FailAsync(served);

        Assert.NotEqual(StatusCode.Aborted, error.StatusCode);
    }

    [Fact]
    public async Task The_callers_deadline_cancels_the_method()
    {
        var begun = false;
        var cancelled = new TaskCompletionSource();
        await using var served = await ServedMaitred.StartAsync(async (_, context) =>
        {
            context.CancellationToken.Register(() => cancelled.TrySetResult());
            Volatile.Write(ref begun, true);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new MountResponse();
        });

        // On a busy machine a short deadline is over before the method begins, and a call that never began is never cancelled.
        for (var limit = TimeSpan.FromMilliseconds(200); !Volatile.Read(ref begun); limit *= 2)
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await served.Client.MountAsync(
                new MountRequest(), deadline: DateTime.UtcNow + limit, cancellationToken: Cancel));
            Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task The_server_ends_a_call_at_its_deadline_even_if_the_caller_does_not()
    {
        var clock = new FakeTimeProvider();
        var begun = new TaskCompletionSource();
        await using var served = await ServedMaitred.StartAsync(
            async (_, context) =>
            {
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                return new MountResponse();
            },
            options => options with { Clock = clock });
        await using var raw = await served.DialHttp2Async();
        await raw.SendHeadersAsync(1, RawHttp2.With("grpc-timeout", "5S"));
        await raw.SendDataAsync(1, RawHttp2.EmptyMessage);
        await begun.Task.WaitAsync(Cancel);

        clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal("4", (await raw.ReadAnswerAsync(1, Cancel))["grpc-status"]);
    }

    [Fact]
    public async Task A_caller_that_vanishes_cancels_its_call()
    {
        var begun = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var served = await ServedMaitred.StartAsync(async (_, context) =>
        {
            context.CancellationToken.Register(cancelled.SetResult);
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new MountResponse();
        });
        var raw = await served.DialHttp2Async();
        await raw.SendHeadersAsync(1, RawHttp2.MountCall);
        await raw.SendDataAsync(1, RawHttp2.EmptyMessage);
        await begun.Task.WaitAsync(Cancel);

        await raw.DisposeAsync();

        await cancelled.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task A_server_that_is_closed_ends_calls_in_flight()
    {
        var begun = new TaskCompletionSource();
        var served = await ServedMaitred.StartAsync(async (_, context) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new MountResponse();
        });
        var call = served.Client.MountAsync(new MountRequest(), deadline: Soon, cancellationToken: Cancel).ResponseAsync;
        await begun.Task.WaitAsync(Cancel);

        await served.DisposeAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => call);
    }

    private static Task<RpcException> FailAsync(ServedMaitred served) => Assert.ThrowsAsync<RpcException>(async () =>
        await served.Client.MountAsync(new MountRequest(), deadline: Soon, cancellationToken: Cancel));
}
