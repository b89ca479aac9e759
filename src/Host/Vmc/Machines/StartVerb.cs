using System.CommandLine;
using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Machines;

/// <summary>
/// <c>vmc start</c>:
/// 1. a VM that runs already is left as it is; one that is being started or stopped is waited for by the daemon;
/// 2. StartVm, which makes the VM's disk when it has none, with each step shown as the daemon announces it; signals are subscribed
///    before the call;
/// 3. when the user gives up during the call, StopVm, so that nothing is left behind.
/// </summary>
internal sealed class StartVerb(VmcContext context, StartOptions options)
{
    /// <summary>The daemon has its own, sooner limit and tells why; this one is for a daemon that does not answer at all.</summary>
    private static readonly TimeSpan AnswerSlack = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan LongestBoot = TimeSpan.FromSeconds(600);

    public static Command Build(VmcContext context)
    {
        var words = new StartArguments();
        var verb = new VerbCommand("start", "Starts a VM, creating its disk when it has none.")
        {
            Examples = [
                new("vmc start demo", "the stock image, with a disk of its own"),
                new("vmc start demo --cpus 2 --timeout 120", "two CPUs, and two minutes to get ready"),
                new("vmc start demo --kernel vmlinux --kernel-param quiet", "another kernel"),
            ],
        };
        words.AddTo(verb);
        verb.SetAction((parsed, cancel) => new StartVerb(context, words.Read(parsed)).RunAsync(cancel));
        return verb;
    }

    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var start = context.Clock.GetTimestamp();

        // A file that is not there is a mistake before anything is started.
        options.OpenFiles().Dispose();
        await using var concierge = await context.ConnectAsync(cancel);
        await CheckAsync(concierge, cancel);

        // 1.
        var known = (await concierge.StatesAsync(cancel)).GetValueOrDefault(options.Name);
        if (known is { State: "running" or "paused" or "not answering" })
        {
            var but = known.State == "running" ? "" : $", but it is {VmRow.Describe(known.State, known.Reason)}";
            context.Console.Print($"VM '{options.Name}' is running already (CID {known.Cid}){but}.");
            SayWhatIsKept();
            return ExitCode.Success;
        }

        // 2. and 3.
        var info = await StartAsync(concierge, runsAlready: false, cancel);
        var seconds = context.Clock.GetElapsedTime(start).TotalSeconds;
        context.Console.Print(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"VM '{options.Name}' is running (CID {info.Cid}, {info.AllocatedMemory >> 20} MiB, pid {info.Pid}) after {seconds:0.0} s."));
        context.Console.Say($"Open a shell in it with: vsh {options.Name}");
        return ExitCode.Success;
    }

    /// <summary>
    /// Asks for a start also where the VM runs already, which gives it what it lacks; then it stays when the user gives up.
    /// </summary>
    public async Task EnsureAsync(ConciergeClient concierge, bool runsAlready, CancellationToken cancel)
    {
        await CheckAsync(concierge, cancel);
        await StartAsync(concierge, runsAlready, cancel);
    }

    private async Task CheckAsync(ConciergeClient concierge, CancellationToken cancel)
    {
        if (await concierge.AskAsync(cancel) is { } daemon)
        {
            ServedInstance.CheckStart(daemon, context.Instance, context.Console.Say);
        }
    }

    private async Task<VmInfo> StartAsync(ConciergeClient concierge, bool runsAlready, CancellationToken cancel)
    {
        using var files = options.OpenFiles();
        var request = options.RequestFor(concierge.Owner);
        request.Fds.AddRange(files.Kinds);
        await using var steps = await concierge.SubscribeAsync(ConciergeBus.OwnInterface, ConciergeBus.StartStepSignal, cancel);
        await using var progress = new StepProgress(context, options.Name);
        progress.Follow(steps, concierge.Owner);
        var limit = (request.Timeout > 0 ? TimeSpan.FromSeconds(request.Timeout) : LongestBoot) + AnswerSlack;
        try
        {
            var response = await concierge.CallAsync(CallFor(request, files, limit), StartVmResponse.Parser, cancel);
            return response.Success ? response.VmInfo : throw Failure(response);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await progress.DisposeAsync();
            if (!runsAlready)
            {
                await TakeBackAsync(concierge);
            }

            throw;
        }
    }

    /// <summary>
    /// The wire's request has no place for memory, the host's loopback and a disk that is to be made, so the start goes by our own
    /// interface.
    /// </summary>
    private ConciergeCall CallFor(StartVmRequest request, StartFiles files, TimeSpan limit) =>
        new(
            "StartVm",
            BusBody.Of(request.ToByteArray()).Add(files.Take()).Add(options.MemoryMiB ?? 0).Add(options.ReachesHostLoopback),
            limit)
        {
            Interface = ConciergeBus.OwnInterface,
        };

    private void SayWhatIsKept()
    {
        if (options.Shaping is { Count: > 0 } given)
        {
            context.Console.Say(
                $"vmc: {string.Join(", ", given)} changed nothing: the VM keeps what it was started with. 'vmc stop {options.Name}' ends "
                    + $"it, and the next start takes them.");
        }
    }

    private VmToolsException Failure(StartVmResponse response) => new(
        ErrorKind.Internal,
        response.FailureReason is { Length: > 0 } reason
            ? reason
            : $"VM '{options.Name}' did not start, and vm_concierge does not say why.");

    /// <summary>The user has gone, but what was begun for them must go too. Its own limit bounds it.</summary>
    private async Task TakeBackAsync(ConciergeClient concierge)
    {
        context.Console.Say($"Interrupted; stopping VM '{options.Name}'.");
        var (stopped, _) = await concierge.StopAsync(options.Name, force: false, CancellationToken.None);
        if (!stopped.Success)
        {
            context.Console.Say($"vmc: VM '{options.Name}' could not be stopped: {stopped.FailureReason} Try 'vmc stop {options.Name}'.");
        }
    }
}
