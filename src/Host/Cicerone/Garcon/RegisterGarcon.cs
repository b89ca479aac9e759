using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Wire;
using InfoStatus = VmTools.Protocol.Messages.Tremplin.GetContainerInfoResponse.Types.Status;
using NameStatus = VmTools.Protocol.Messages.Tremplin.GetContainerUsernameResponse.Types.Status;

namespace VmTools.Host.Cicerone.Garcon;

/// <summary>
/// ContainerReady: a garcon with the right secret says that it can be called. tremplin is asked whether the container runs, and who its
/// user is; <paramref name="started"/> is told.
/// </summary>
internal sealed class RegisterGarcon(TremplinConnector tremplins, ContainerTable containers, Action<KnownVm, StartedContainer> started)
{
    /// <exception cref="VmToolsException">The container does not run, as its VM says or as it turns out meanwhile.</exception>
    public async Task RunAsync(KnownVm vm, ContainerName name, string token, CancellationToken cancel)
    {
        using var tremplin = tremplins.Connect(vm.Cid);
        var info = await tremplin.GetInfoAsync(name, cancel);
        if (info.Status != InfoStatus.Running || info.Ipv4Address == 0)
        {
            throw new VmToolsException(ErrorKind.FailedPrecondition, "This container does not run.");
        }

        var (user, home) = await UserAsync(tremplin, name, cancel);
        if (!containers.Knows(vm.Id, name, token) || !containers.Register(vm.Id, name, isRegistered: true))
        {
            throw new VmToolsException(ErrorKind.FailedPrecondition, "This container has ended.");
        }

        started(vm, new StartedContainer(name)
        {
            User = user,
            Home = home,
            Address = Ipv4Number.ToAddress(info.Ipv4Address).ToString(),
            Token = token,
        });
    }

    /// <summary>Empty texts where the VM does not say: the container runs all the same.</summary>
    private static async Task<(string User, string Home)> UserAsync(TremplinClient tremplin, ContainerName name, CancellationToken cancel)
    {
        try
        {
            var answer = await tremplin.GetUsernameAsync(name, cancel);
            return answer.Status == NameStatus.Success ? (CleanText.Word(answer.Username), CleanText.Word(answer.Homedir)) : ("", "");
        }
        catch (VmToolsException)
        {
            return ("", "");
        }
    }
}

/// <summary>What is told of a container whose garcon has registered.</summary>
internal sealed record StartedContainer(ContainerName Name)
{
    public string User { get; init; } = "";

    public string Home { get; init; } = "";

    public string Address { get; init; } = "";

    public string Token { get; init; } = "";
}
