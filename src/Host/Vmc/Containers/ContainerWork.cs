using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Containers.Sources;
using VmTools.Linux.Accounts;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Vmc.Containers;

/// <summary>
/// What is done with one container: each call of vm_cicerone answers when the work has begun, and a signal tells how it ended. A user who
/// gives up is told what goes on.
/// </summary>
internal sealed class ContainerWork(VmcContext context, ConciergeClient concierge, ContainerPlace place, StepProgress progress)
{
    /// <summary>The user of a caller whose own name no Linux system would take, as the original names it.</summary>
    private const string OtherUser = "chronos";

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(60);

    /// <summary>The first container of a VM copies the image onto its disk.</summary>
    private static readonly TimeSpan CreateLimit = TimeSpan.FromMinutes(10);

    /// <summary>An image is unpacked, perhaps a large one under emulation.</summary>
    private static readonly TimeSpan UnpackLimit = TimeSpan.FromHours(1);

    /// <summary>All that a container has written is copied.</summary>
    private static readonly TimeSpan CopyLimit = TimeSpan.FromHours(1);

    /// <summary>A whole system starts, perhaps under emulation.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan DeleteLimit = TimeSpan.FromMinutes(5);

    /// <summary>The stock container, or one of a file in the VM; false where there is one of the name.</summary>
    public Task<bool> CreateAsync(string rootPath, CancellationToken cancel) => AnsweredAsync(
        "being made",
        async () =>
        {
            progress.Step("Making the container");
            await using var unpacking = rootPath.Length == 0 || !context.Console.CanRewriteLine
                ? null
                : await UnpackProgress.FollowAsync(
                    concierge, place, percent => progress.Step($"Making the container: {percent} % of its image unpacked"), cancel);
            await using var outcome = await ContainerOutcome.ListenAsync<LxdContainerCreatedSignal>(
                concierge, place, "LxdContainerCreated", ContainerEvents.Of, cancel);
            var answer = await CallAsync(
                "CreateLxdContainer",
                new CreateLxdContainerRequest
                {
                    VmName = place.Vm,
                    ContainerName = place.Name,
                    OwnerId = concierge.Owner.Value,
                    RootfsPath = rootPath,
                },
                CreateLxdContainerResponse.Parser, cancel);
            switch (answer.Status)
            {
                case CreateLxdContainerResponse.Types.Status.Exists:
                    return false;
                case CreateLxdContainerResponse.Types.Status.Creating:
                    await WaitAsync(outcome, "could not be made", rootPath.Length == 0 ? CreateLimit : UnpackLimit, cancel);
                    return true;
                default:
                    throw Refused("could not be made", answer.FailureReason);
            }
        },
        cancel);

    /// <summary>A copy of another container of the VM.</summary>
    public Task CopyAsync(string other, CancellationToken cancel) => ToldAsync(
        "being made",
        async () =>
        {
            progress.Step("Copying the container");
            await using var outcome = await ContainerOutcome.ListenAsync<LxdContainerCreatedSignal>(
                concierge, place, "LxdContainerCreated", ContainerEvents.Of, cancel);
            await concierge.Cicerone.DoAsync(CiceroneBus.CopyContainerMember, place.Vm, other, place.Name, cancel);
            await WaitAsync(outcome, "could not be made", CopyLimit, cancel);
        },
        cancel);

    /// <summary>False where it runs already.</summary>
    public Task<bool> StartAsync(CancellationToken cancel) => AnsweredAsync(
        "starting",
        async () =>
        {
            progress.Step("Starting the container");
            await using var outcome = await ContainerOutcome.ListenAsync<LxdContainerStartingSignal>(
                concierge, place, "LxdContainerStarting", ContainerEvents.Of, cancel);
            var answer = await CallAsync(
                "StartLxdContainer",
                new StartLxdContainerRequest { VmName = place.Vm, ContainerName = place.Name, OwnerId = concierge.Owner.Value },
                StartLxdContainerResponse.Parser, cancel);
            switch (answer.Status)
            {
                case StartLxdContainerResponse.Types.Status.Running:
                    return false;
                case StartLxdContainerResponse.Types.Status.Started:
                    return true;
                case StartLxdContainerResponse.Types.Status.Starting or StartLxdContainerResponse.Types.Status.Remapping:
                    await WaitAsync(outcome, "did not start", StartLimit, cancel);
                    return true;
                default:
                    throw Refused("did not start", answer.FailureReason);
            }
        },
        cancel);

    /// <summary>The first user of the container has the caller's name; one that is there already keeps its own, which is told.</summary>
    public async Task<string> SetUpUserAsync(CancellationToken cancel)
    {
        progress.Step("Setting up the user");
        var answer = await CallAsync(
            "SetUpLxdContainerUser",
            new SetUpLxdContainerUserRequest
            {
                VmName = place.Vm,
                ContainerName = place.Name,
                OwnerId = concierge.Owner.Value,
                ContainerUsername = NameFor(context.Instance.Uid),
            },
            SetUpLxdContainerUserResponse.Parser, cancel);
        return answer.Status is SetUpLxdContainerUserResponse.Types.Status.Success or SetUpLxdContainerUserResponse.Types.Status.Exists
            ? answer.ContainerUsername
            : throw Refused("runs, but its user could not be set up", answer.FailureReason);
    }

    public Task StopAsync(CancellationToken cancel) => ToldAsync(
        "stopping",
        async () =>
        {
            progress.Step("Stopping the container");
            await using var outcome = await ContainerOutcome.ListenAsync<LxdContainerStoppingSignal>(
                concierge, place, "LxdContainerStopping", ContainerEvents.Of, cancel);
            var answer = await CallAsync(
                "StopLxdContainer",
                new StopLxdContainerRequest { VmName = place.Vm, ContainerName = place.Name, OwnerId = concierge.Owner.Value },
                StopLxdContainerResponse.Parser, cancel);
            switch (answer.Status)
            {
                case StopLxdContainerResponse.Types.Status.Stopped:
                    return;
                case StopLxdContainerResponse.Types.Status.Stopping:
                    await WaitAsync(outcome, "did not stop", StopLimit, cancel);
                    return;
                case StopLxdContainerResponse.Types.Status.DoesNotExist:
                    throw ContainerHost.Missing(place);
                default:
                    throw Refused("did not stop", answer.FailureReason);
            }
        },
        cancel);

    public Task DeleteAsync(CancellationToken cancel) => ToldAsync(
        "being deleted",
        async () =>
        {
            progress.Step("Deleting the container");
            await using var outcome = await ContainerOutcome.ListenAsync<LxdContainerDeletedSignal>(
                concierge, place, "LxdContainerDeleted", ContainerEvents.Of, cancel);
            var answer = await CallAsync(
                "DeleteLxdContainer",
                new DeleteLxdContainerRequest { VmName = place.Vm, ContainerName = place.Name, OwnerId = concierge.Owner.Value },
                DeleteLxdContainerResponse.Parser, cancel);
            switch (answer.Status)
            {
                case DeleteLxdContainerResponse.Types.Status.Deleting:
                    await WaitAsync(outcome, "could not be deleted", DeleteLimit, cancel);
                    return;
                case DeleteLxdContainerResponse.Types.Status.DoesNotExist:
                    throw ContainerHost.Missing(place);
                default:
                    throw Refused("could not be deleted", answer.FailureReason);
            }
        },
        cancel);

    /// <summary>The name of a user of the host where a Linux system takes it for a person's.</summary>
    internal static string NameFor(uint uid) =>
        uid != 0 && Users.TryFindById(uid, out var user) && IsLinuxName(user.Name) ? user.Name : OtherUser;

    private static bool IsLinuxName(string name) =>
        name.Length is > 0 and <= 32
        && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-');

    private Task<TReply> CallAsync<TReply>(
        string member, Google.Protobuf.IMessage request, Google.Protobuf.MessageParser<TReply> reply, CancellationToken cancel)
        where TReply : Google.Protobuf.IMessage<TReply> =>
        concierge.Cicerone.CallAsync(member, request, reply, CallLimit, cancel);

    private Task WaitAsync(ContainerOutcome outcome, string failed, TimeSpan limit, CancellationToken cancel) =>
        outcome.WaitAsync($"{place.InWords} {failed}", limit, context.Clock, cancel);

    /// <summary>The work does not end with the user's patience.</summary>
    private async Task ToldAsync(string goingOn, Func<Task> work, CancellationToken cancel)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await progress.DisposeAsync();
            context.Console.ClearLine();
            context.Console.Say(
                $"Interrupted; container '{place.Name}' goes on {goingOn} in the background. "
                + $"'vmc container list {place.Vm}' shows how far.");
            throw;
        }
    }

    /// <summary>The same for work of which there is a yes or no.</summary>
    private async Task<bool> AnsweredAsync(string goingOn, Func<Task<bool>> work, CancellationToken cancel)
    {
        var answer = work();
        await ToldAsync(goingOn, () => answer, cancel);
        return await answer;
    }

    private VmToolsException Refused(string what, string reason) => new(
        ErrorKind.FailedPrecondition, $"{place.InWords} {what}: {(reason.Length > 0 ? reason : "vm_cicerone does not say why.")}");
}
