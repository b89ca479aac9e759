using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Containers;

/// <summary>One run of a container, from the request to start it until none of its processes is left.</summary>
/// <param name="name">The container.</param>
/// <param name="token">The secret by which the host knows this run; empty where it gave none, or the run is taken over.</param>
/// <param name="with">What a container needs.</param>
internal sealed class ContainerRun(ContainerName name, string token, ContainerDependencies with) : IDisposable
{
    /// <summary>How long a start may take before it has failed: a first command answers after seconds even in an emulated VM.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(150);

    /// <summary>Between two signs of life to the host while a container is being started.</summary>
    public static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(5);

    /// <summary>How long a container may take to end by itself.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How long one that is to be deleted may take: what it would still write is deleted as well.</summary>
    public static readonly TimeSpan PatienceBeforeDeletion = TimeSpan.FromSeconds(2);

    /// <summary>Between two power signals: init may not have had ears for the first.</summary>
    public static readonly TimeSpan BetweenSignals = TimeSpan.FromSeconds(1);

    /// <summary>The kernel ends killed processes at once, but for those that wait for a disk.</summary>
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private TimeSpan _patience = Patience;

    /// <summary>Null before init runs.</summary>
    public IRunningContainer? Running { get; private set; }

    public bool IsToStop => _stop.IsCancellationRequested;

    /// <summary>The run is to end, after so long by force.</summary>
    public void Stop(TimeSpan patience)
    {
        _patience = patience;
        _stop.Cancel();
    }

    /// <summary>Goes on with a container that runs already.</summary>
    public void TakeOver(IRunningContainer running) => Running = running;

    /// <summary>Completes when a first command can run; tells the host every few seconds that it is still at it.</summary>
    /// <exception cref="VmToolsException">The container could not be started, has ended, or has not answered in time.</exception>
    /// <exception cref="OperationCanceledException">The run is to stop.</exception>
    public async Task StartAsync(ContainerRecord record)
    {
        using var deadline = new CancellationTokenSource(StartLimit, with.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, deadline.Token);
        try
        {
            var up = UpAsync(record, either.Token);
            while (await Task.WhenAny(up, Task.Delay(SignOfLife, with.Clock, either.Token)) != up && !either.IsCancellationRequested)
            {
                with.Tell(new ContainerNotice(ContainerNoticeKind.Starting, name.Value));
            }

            await up;
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded, $"no command could be run in it within {StartLimit.TotalSeconds} s");
        }
    }

    /// <summary>Completes when the container has ended or is to stop.</summary>
    public async Task UntilEndOrStopAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stopping = _stop.Token.Register(() => stopped.TrySetResult());
        await Task.WhenAny(Running!.Ended, stopped.Task);
    }

    /// <summary>Ends whatever runs: asked first, where <paramref name="ask"/> says so, and by force in the end.</summary>
    public async Task EndAsync(bool ask)
    {
        if (Running is { } running)
        {
            if (ask)
            {
                await AskAsync(running);
            }

            if (!running.Ended.IsCompleted)
            {
                running.Kill();
                await Task.WhenAny(running.Ended, Task.Delay(KillLimit, with.Clock));
            }

            await running.DisposeAsync();
        }

        await with.Runtime.ClearAsync(name, CancellationToken.None);
    }

    public void Dispose() => _stop.Dispose();

    private async Task UpAsync(ContainerRecord record, CancellationToken cancel)
    {
        Running = await with.Runtime.StartAsync(record, token, cancel);
        var answering = Running.AnsweringAsync(cancel);
        if (await Task.WhenAny(answering, Running.Ended) != answering)
        {
            throw new VmToolsException(ErrorKind.FailedPrecondition, Running.Ending());
        }

        await answering;
    }

    private async Task AskAsync(IRunningContainer running)
    {
        var began = with.Clock.GetTimestamp();
        while (!running.Ended.IsCompleted && with.Clock.GetElapsedTime(began) < _patience)
        {
            running.AskToPowerOff();
            await Task.WhenAny(running.Ended, Task.Delay(BetweenSignals, with.Clock));
        }
    }
}
