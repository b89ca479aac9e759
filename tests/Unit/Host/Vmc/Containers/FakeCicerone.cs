using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Protocol.Messages.Cicerone;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Containers;

/// <summary>
/// vm_cicerone beside a <see cref="FakeConcierge"/>, with a table of containers: what is asked of it has an outcome at once, told by a
/// signal before the answer, behind signals that are not about it.
/// </summary>
internal sealed class FakeCicerone : IAsyncDisposable
{
    private readonly BusConnection _connection;
    private readonly string _owner;

    private FakeCicerone(BusConnection connection, string owner) => (_connection, _owner) = (connection, owner);

    internal List<ContainerReport> Containers { get; } = [];

    internal List<string> Calls { get; } = [];

    /// <summary>Why whatever is begun fails; null where it does not.</summary>
    internal string? Failure { get; set; }

    /// <summary>What is begun has no outcome.</summary>
    internal bool IsSilent { get; set; }

    /// <summary>Complete when something was begun.</summary>
    internal TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal string? UserAskedFor { get; private set; }

    internal static async Task<FakeCicerone> StartAsync(FakeConcierge concierge)
    {
        var cancel = TestContext.Current.CancellationToken;
        var address = concierge.Instance.Environment("DBUS_SESSION_BUS_ADDRESS")!;
        var fake = new FakeCicerone(await BusConnection.OpenAsync(address, cancel), concierge.Instance.Owner.Value);
        await fake._connection.ServeAsync(fake.Served());
        await fake._connection.RequestNameAsync(CiceroneBus.Name, cancel);
        return fake;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private ServedObject Served() => new(CiceroneBus.Path,
    [
        new ServedInterface(CiceroneBus.Interface,
        [
            Method("CreateLxdContainer", CreateLxdContainerRequest.Parser, Create),
            Method("StartLxdContainer", StartLxdContainerRequest.Parser, Start),
            Method("StopLxdContainer", StopLxdContainerRequest.Parser, Stop),
            Method("DeleteLxdContainer", DeleteLxdContainerRequest.Parser, Delete),
            Method("SetUpLxdContainerUser", SetUpLxdContainerUserRequest.Parser, SetUp),
        ], []),
        new ServedInterface(CiceroneBus.OwnInterface,
        [
            new ServedMethod(CiceroneBus.ListContainersMember, "ss", "s", (request, _) => request.Body.Text(0) == _owner
                ? Task.FromResult(BusBody.Of(ContainerReports.Write(Containers)))
                : throw new DBusException(BusErrors.Failed, "Another's VM.")),
        ], []),
    ]);

    private ServedMethod Method<T>(string member, MessageParser<T> parser, Func<T, IMessage> answer)
        where T : IMessage<T> =>
        new(member, "ay", "ay", (request, _) =>
        {
            Calls.Add(member);
            return Task.FromResult(BusBody.Of(answer(parser.ParseFrom(request.Body.Bytes(0).Span)).ToByteArray()));
        });

    private CreateLxdContainerResponse Create(CreateLxdContainerRequest request)
    {
        if (Containers.Exists(container => container.Name == request.ContainerName))
        {
            return new CreateLxdContainerResponse { Status = CreateLxdContainerResponse.Types.Status.Exists };
        }

        Tell("LxdContainerCreated", request.VmName, request.ContainerName, (owner, vm, name) => new LxdContainerCreatedSignal
        {
            OwnerId = owner,
            VmName = vm,
            ContainerName = name,
            Status = Failure is null ? LxdContainerCreatedSignal.Types.Status.Created : LxdContainerCreatedSignal.Types.Status.Failed,
            FailureReason = Failure ?? "",
        });
        Containers.Add(new ContainerReport(request.ContainerName, "STOPPED"));
        return new CreateLxdContainerResponse { Status = CreateLxdContainerResponse.Types.Status.Creating };
    }

    private StartLxdContainerResponse Start(StartLxdContainerRequest request)
    {
        if (Containers.Find(container => container.Name == request.ContainerName) is { State: "RUNNING" })
        {
            return new StartLxdContainerResponse { Status = StartLxdContainerResponse.Types.Status.Running };
        }

        LxdContainerStartingSignal Signal(string owner, string vm, string name, LxdContainerStartingSignal.Types.Status status) => new()
        {
            OwnerId = owner,
            VmName = vm,
            ContainerName = name,
            Status = status,
            FailureReason = Failure ?? "",
        };
        Emit("LxdContainerStarting", Signal(
            _owner, request.VmName, request.ContainerName, LxdContainerStartingSignal.Types.Status.Starting));
        Tell("LxdContainerStarting", request.VmName, request.ContainerName, (owner, vm, name) => Signal(owner, vm, name, Failure is null
            ? LxdContainerStartingSignal.Types.Status.Started
            : LxdContainerStartingSignal.Types.Status.Failed));
        return new StartLxdContainerResponse { Status = StartLxdContainerResponse.Types.Status.Starting };
    }

    private StopLxdContainerResponse Stop(StopLxdContainerRequest request)
    {
        Tell("LxdContainerStopping", request.VmName, request.ContainerName, (owner, vm, name) => new LxdContainerStoppingSignal
        {
            OwnerId = owner,
            VmName = vm,
            ContainerName = name,
            Status = Failure is null ? LxdContainerStoppingSignal.Types.Status.Stopped : LxdContainerStoppingSignal.Types.Status.Failed,
            FailureReason = Failure ?? "",
        });
        return new StopLxdContainerResponse { Status = StopLxdContainerResponse.Types.Status.Stopping };
    }

    private DeleteLxdContainerResponse Delete(DeleteLxdContainerRequest request)
    {
        Tell("LxdContainerDeleted", request.VmName, request.ContainerName, (owner, vm, name) => new LxdContainerDeletedSignal
        {
            OwnerId = owner,
            VmName = vm,
            ContainerName = name,
            Status = Failure is null ? LxdContainerDeletedSignal.Types.Status.Deleted : LxdContainerDeletedSignal.Types.Status.Failed,
            FailureReason = Failure ?? "",
        });
        return new DeleteLxdContainerResponse { Status = DeleteLxdContainerResponse.Types.Status.Deleting };
    }

    private SetUpLxdContainerUserResponse SetUp(SetUpLxdContainerUserRequest request)
    {
        UserAskedFor = request.ContainerUsername;
        return new SetUpLxdContainerUserResponse
        {
            Status = SetUpLxdContainerUserResponse.Types.Status.Exists,
            ContainerUsername = "ann",
        };
    }

    /// <summary>The outcome, behind one for another owner, another VM and another container.</summary>
    private void Tell(string member, string vm, string name, Func<string, string, string, IMessage> signal)
    {
        if (!IsSilent)
        {
            Emit(member, signal("somebody else", vm, name));
            Emit(member, signal(_owner, "another-vm", name));
            Emit(member, signal(_owner, vm, "another"));
            Emit(member, signal(_owner, vm, name));
        }

        Begun.TrySetResult();
    }

    private void Emit(string member, IMessage signal) =>
        _connection.EmitSignal(CiceroneBus.Path, CiceroneBus.Interface, member, BusBody.Of(signal.ToByteArray()));
}
