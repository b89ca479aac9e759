using System.Diagnostics;
using VmTools.DBus;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class CallerUidTests
{
    private static readonly ServedMethod Ping = new("Ping", "", "", (_, _) => Task.FromResult(BusBody.Empty));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_caller_of_another_user_is_judged_by_that_users_uid()
    {
        const uint Nobody = 65534;
        Assert.SkipUnless(
            TestBus.OwnUid == 0 && File.Exists("/usr/bin/setpriv") && File.Exists("/usr/bin/dbus-send"),
            "Root, setpriv and dbus-send are needed.");
        BusCaller? seen = null;
        var served = new ServedObject(Exchange.Path, [new ServedInterface(Exchange.Name, [Ping], [])])
        {
            Admits = caller =>
            {
                seen = caller;
                return caller.Uid == TestBus.OwnUid;
            },
        };
        await using var exchange = await Exchange.StartAsync(served);

        var said = await SendAsAsync(Nobody, exchange.Bus.Address);

        Assert.Equal(Nobody, seen?.Uid);
        Assert.Contains(BusErrors.AccessDenied, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_wait_for_their_callers_uid_keep_their_order_and_its_limit()
    {
        var release = new TaskCompletionSource<BusBody>();
        var served = new ServedObject(
            Exchange.Path, [new ServedInterface(Exchange.Name, [new ServedMethod("Slow", "", "", (_, _) => release.Task)], [])])
        {
            Limits = new ServeLimits { CallsPerCaller = 4 },
        };
        await using var exchange = await Exchange.StartAsync(served);

        var calls = Enumerable.Range(0, 10).Select(_ => exchange.CallAsync("Slow", BusBody.Empty)).ToArray();
        var refused = await Task.WhenAll(calls[4..].Select(call => Assert.ThrowsAsync<DBusException>(() => call)));
        release.SetResult(BusBody.Empty);

        Assert.All(refused, error => Assert.Equal(BusErrors.LimitsExceeded, error.Name));
        await Task.WhenAll(calls[..4]);
    }

    [Fact]
    public async Task A_caller_that_calls_and_leaves_at_once_harms_no_other()
    {
        await using var exchange = await Exchange.StartAsync(Ping);

        for (var round = 0; round < 50; round++)
        {
            var hasty = await exchange.Bus.ConnectAsync();
            var call = hasty.CallAsync(Exchange.Call("Ping", BusBody.Empty), Cancel);
            await hasty.DisposeAsync();
            await Assert.ThrowsAnyAsync<DBusException>(async () => (await call).Dispose());
        }

        using var answer = await exchange.CallAsync("Ping", BusBody.Empty);
    }

    [Fact]
    public async Task What_was_learnt_of_a_caller_is_dropped_when_it_leaves()
    {
        await using var exchange = await Exchange.StartAsync(Ping);
        for (var round = 0; round < 600; round++)
        {
            await using var caller = await exchange.Bus.ConnectAsync();
            using var answer = await caller.CallAsync(Exchange.Call("Ping", BusBody.Empty), Cancel);
        }

        using var last = await exchange.CallAsync("Ping", BusBody.Empty);

        Assert.InRange(exchange.Server.RememberedCallers, 1, 2);
    }

    private static async Task<string> SendAsAsync(uint uid, string address)
    {
        using var sending = Process.Start(new ProcessStartInfo("/usr/bin/setpriv",
        [
            $"--reuid={uid}", $"--regid={uid}", "--clear-groups", "/usr/bin/dbus-send", $"--bus={address}", "--print-reply",
            $"--dest={Exchange.Name}", Exchange.Path, Exchange.Name + ".Ping",
        ])
        {
            RedirectStandardError = true,
        })!;
        var said = await sending.StandardError.ReadToEndAsync(Cancel);
        await sending.WaitForExitAsync(Cancel);
        return said;
    }
}
