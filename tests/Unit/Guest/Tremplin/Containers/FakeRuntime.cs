using System.Collections.Concurrent;
using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Linux.Accounts;
using VmTools.Protocol;

namespace VmTools.Unit.Guest.Tremplin.Containers;

/// <summary>A runtime of which the test says what its containers do.</summary>
internal sealed class FakeRuntime : IContainerRuntime
{
    /// <summary>What the next starts run into; a container runs when there is nothing more.</summary>
    public Queue<Exception> Failures { get; } = new();

    /// <summary>The containers of an earlier tremplin.</summary>
    public Dictionary<ContainerName, FakeRunning> Former { get; } = [];

    public ConcurrentQueue<ContainerName> Cleared { get; } = new();

    public IReadOnlySet<ContainerName>? Kept { get; private set; }

    /// <summary>How a container that is started next behaves.</summary>
    public Func<FakeRunning> Next { get; set; } = static () => new FakeRunning();

    public FakeRunning? Last { get; private set; }

    public Task<IRunningContainer> StartAsync(ContainerRecord container, string token, CancellationToken cancel)
    {
        if (Failures.TryDequeue(out var failure))
        {
            throw failure;
        }

        Last = Next();
        return Task.FromResult<IRunningContainer>(Last);
    }

    public IRunningContainer? TakeOver(ContainerRecord container) => Former.GetValueOrDefault(container.Name);

    public Task ClearAsync(ContainerName name, CancellationToken cancel)
    {
        Cleared.Enqueue(name);
        return Task.CompletedTask;
    }

    public void UnmountOthers(IReadOnlySet<ContainerName> running) => Kept = running;
}

/// <summary>A container in memory. It powers off when asked as often as <see cref="SignalsNeeded"/> says.</summary>
internal sealed class FakeRunning : IRunningContainer
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private UserEntry? _made;

    public Task Ended => _ended.Task;

    public int SignalsNeeded { get; init; } = 1;

    /// <summary>Completes when a first command can run.</summary>
    public Task Answers { get; init; } = Task.CompletedTask;

    public int Signals { get; private set; }

    public bool IsKilled { get; private set; }

    public bool IsDisposed { get; private set; }

    public bool HasAgent { get; private set; }

    public TimeZoneSetting? Zone { get; private set; }

    public IReadOnlyList<ushort> Listening { get; set; } = [];

    /// <summary>A user of the image.</summary>
    public UserEntry? User { get; init; }

    /// <summary>Init ends by itself.</summary>
    public void End() => _ended.TrySetResult();

    public Task AnsweringAsync(CancellationToken cancel) => Answers.WaitAsync(cancel);

    public void AskToPowerOff()
    {
        if (++Signals == SignalsNeeded)
        {
            End();
        }
    }

    public void Kill()
    {
        IsKilled = true;
        End();
    }

    public bool IsFrozen { get; private set; }

    public int Freezes { get; private set; }

    public Task FreezeAsync(CancellationToken cancel)
    {
        Freezes++;
        IsFrozen = true;
        return Task.CompletedTask;
    }

    public void Thaw() => IsFrozen = false;

    public string Ending() => "its init ended (exit code 7)";

    public OsRelease Release() => OsRelease.Parse("PRETTY_NAME=\"Test Linux\"");

    public UserEntry? FirstUser() => _made ?? User;

    public Task MakeUserAsync(UserName name, CancellationToken cancel)
    {
        _made = new UserEntry(name.Value, 1000, 1000, $"/home/{name}", "/bin/bash");
        return Task.CompletedTask;
    }

    public Task SetZoneAsync(TimeZoneSetting zone, CancellationToken cancel)
    {
        if (zone.Posix.Length == 0)
        {
            throw new VmToolsException(ErrorKind.Internal, "it has no file of the zone");
        }

        Zone = zone;
        return Task.CompletedTask;
    }

    public IReadOnlyList<ushort> ListeningPorts() => Listening;

    public void RunAgent() => HasAgent = FirstUser() is not null;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
