using Google.Protobuf;
using Grpc.Core;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Messages.Tremplin;
using WireContainers = VmTools.Protocol.Messages.Containers.Containers;
using WireTremplin = VmTools.Protocol.Messages.Tremplin.Tremplin;

namespace VmTools.Unit.Host.Cicerone;

/// <summary>The container host of a VM, which answers as the test says and keeps what it was asked.</summary>
internal sealed class ScriptedTremplin : WireTremplin.TremplinBase
{
    private readonly Lock _lock = new();
    private readonly List<IMessage> _seen = [];

    public IReadOnlyList<IMessage> Seen
    {
        get
        {
            lock (_lock)
            {
                return [.. _seen];
            }
        }
    }

    /// <summary>Every answer waits for it, or for the end of the call.</summary>
    public Task MayAnswer { get; set; } = Task.CompletedTask;

    /// <summary>Every call fails with it.</summary>
    public RpcException? Refusal { get; set; }

    public StartLxdResponse Lxd { get; set; } = new() { Status = StartLxdResponse.Types.Status.AlreadyRunning };

    public CreateContainerResponse Create { get; set; } = new() { Status = CreateContainerResponse.Types.Status.Creating };

    public DeleteContainerResponse Delete { get; set; } = new() { Status = DeleteContainerResponse.Types.Status.Deleting };

    public StartContainerResponse Start { get; set; } = new() { Status = StartContainerResponse.Types.Status.Starting };

    public StopContainerResponse Stop { get; set; } = new() { Status = StopContainerResponse.Types.Status.Stopping };

    public GetContainerUsernameResponse Username { get; set; } = new() { Status = GetContainerUsernameResponse.Types.Status.Success };

    public GetContainerInfoResponse Info { get; set; } = new()
    {
        Status = GetContainerInfoResponse.Types.Status.Running,
        Ipv4Address = 0x02_5D_73_64,
    };

    public SetUpUserResponse SetUp { get; set; } = new() { Status = SetUpUserResponse.Types.Status.Success };

    public ListContainersResponse List { get; set; } = new();

    /// <summary>What is sent for a container, in pieces.</summary>
    public IReadOnlyList<byte[]> Archive { get; set; } = [];

    /// <summary>How many files have begun to come.</summary>
    public int Begun { get; private set; }

    /// <summary>How many of them have come or were broken off.</summary>
    public int Ended { get; private set; }

    public SetTimezoneResponse Zone { get; set; } = new() { Successes = 1 };

    public string Debug { get; set; } = "";

    /// <summary>Our own service beside the original's.</summary>
    public WireContainers.ContainersBase Beside => new ScriptedContainers(this);

    public override Task<StartLxdResponse> StartLxd(StartLxdRequest request, ServerCallContext context) =>
        AnswerAsync(request, Lxd, context);

    public override Task<CreateContainerResponse> CreateContainer(CreateContainerRequest request, ServerCallContext context) =>
        AnswerAsync(request, Create, context);

    public override Task<DeleteContainerResponse> DeleteContainer(DeleteContainerRequest request, ServerCallContext context) =>
        AnswerAsync(request, Delete, context);

    public override Task<StartContainerResponse> StartContainer(StartContainerRequest request, ServerCallContext context) =>
        AnswerAsync(request, Start, context);

    public override Task<StopContainerResponse> StopContainer(StopContainerRequest request, ServerCallContext context) =>
        AnswerAsync(request, Stop, context);

    public override Task<GetContainerUsernameResponse> GetContainerUsername(
        GetContainerUsernameRequest request, ServerCallContext context) => AnswerAsync(request, Username, context);

    public override Task<GetContainerInfoResponse> GetContainerInfo(GetContainerInfoRequest request, ServerCallContext context) =>
        AnswerAsync(request, Info, context);

    public override Task<SetUpUserResponse> SetUpUser(SetUpUserRequest request, ServerCallContext context) =>
        AnswerAsync(request, SetUp, context);

    public override Task<SetTimezoneResponse> SetTimezone(SetTimezoneRequest request, ServerCallContext context) =>
        AnswerAsync(request, Zone, context);

    public override Task<GetDebugInfoResponse> GetDebugInfo(GetDebugInfoRequest request, ServerCallContext context) =>
        AnswerAsync(request, new GetDebugInfoResponse { DebugInformation = Debug }, context);

    private async Task<T> AnswerAsync<T>(IMessage request, T answer, ServerCallContext context)
    {
        lock (_lock)
        {
            _seen.Add(request);
        }

        await MayAnswer.WaitAsync(context.CancellationToken);
        return Refusal is null ? answer : throw Refusal;
    }

    private sealed class ScriptedContainers(ScriptedTremplin tremplin) : WireContainers.ContainersBase
    {
        public override Task<ListContainersResponse> ListContainers(ListContainersRequest request, ServerCallContext context) =>
            tremplin.AnswerAsync(request, tremplin.List, context);

        public override async Task<ReceivedFile> ReceiveFile(IAsyncStreamReader<FileChunk> requestStream, ServerCallContext context)
        {
            tremplin.Begun++;
            try
            {
                while (await requestStream.MoveNext(context.CancellationToken))
                {
                    await tremplin.AnswerAsync(requestStream.Current, true, context);
                }

                return new ReceivedFile { Path = "/in/the/guest" };
            }
            finally
            {
                tremplin.Ended++;
            }
        }

        public override async Task SendContainer(
            SendContainerRequest request, IServerStreamWriter<FileChunk> responseStream, ServerCallContext context)
        {
            await tremplin.AnswerAsync(request, true, context);
            foreach (var piece in tremplin.Archive)
            {
                await responseStream.WriteAsync(new FileChunk { Content = ByteString.CopyFrom(piece) }, context.CancellationToken);
            }
        }
    }
}
