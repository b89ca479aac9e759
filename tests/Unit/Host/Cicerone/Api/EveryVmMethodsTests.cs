using VmTools.Host.Cicerone.Zone;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Messages.Tremplin;
using Xunit;
using GuestRequest = VmTools.Protocol.Messages.Tremplin.SetTimezoneRequest;
using GuestResponse = VmTools.Protocol.Messages.Tremplin.SetTimezoneResponse;
using HostRequest = VmTools.Protocol.Messages.Cicerone.SetTimezoneRequest;
using HostResponse = VmTools.Protocol.Messages.Cicerone.SetTimezoneResponse;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>Time zone, debug information and ports.</summary>
public sealed class EveryVmMethodsTests : IAsyncLifetime
{
    private readonly ContainerBus _bus = new();

    private ContainerBench Bench => _bus.Bench;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _bus.InitializeAsync();

    public ValueTask DisposeAsync() => _bus.DisposeAsync();

    [Fact]
    public async Task A_container_gets_the_hosts_zone_when_it_has_started()
    {
        Bench.Zone = new HostZone("Europe/Berlin", "CET-1");
        await StartedAsync();

        await Waiting.UntilAsync(() => Bench.Tremplin.Seen.OfType<GuestRequest>().Any());
        var request = Assert.Single(Bench.Tremplin.Seen.OfType<GuestRequest>());
        Assert.Equal(
            ("Europe/Berlin", "CET-1", "penguin"), (request.TimezoneName, request.PosixTzString, Assert.Single(request.ContainerNames)));
    }

    [Fact]
    public async Task A_client_sets_the_zone_of_all_and_hears_which_failed()
    {
        await StartedAsync();
        Bench.Tremplin.Zone = new GuestResponse { Successes = 7, FailureReasons = { "no \x1b[31mfile" } };

        var answer = await _bus.CallAsync("SetTimezone", new HostRequest { TimezoneName = "UTC" }, HostResponse.Parser);

        Assert.Equal(1, answer.Successes);
        Assert.Contains("VM 'dev': no", Assert.Single(answer.FailureReasons), StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', answer.FailureReasons[0]);
    }

    [Fact]
    public async Task Debug_information_is_indented_below_its_machine_and_cannot_drive_a_terminal()
    {
        Bench.Tremplin.Debug = "one\n\n\x1b]0;two\n";

        var answer = await _bus.CallAsync("GetDebugInformation", new GetDebugInformationRequest(), GetDebugInformationResponse.Parser);

        var lines = answer.DebugInformation.Split('\n');
        Assert.Equal(("VM: dev", "\tone"), (lines[0], lines[1]));
        Assert.StartsWith("\t", lines[2], StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', answer.DebugInformation);
    }

    [Fact]
    public async Task Ports_that_can_be_are_kept_until_the_container_stops()
    {
        await StartedAsync();
        var guest = await Bench.GuestAsync();
        var told = new ListeningPortInfo();
        told.ContainerPorts["penguin"] = new() { ListeningTcp4Ports = { 8080, 80, 80, 0, 70_000, 2222, 5355 } };
        told.ContainerPorts["../x"] = new() { ListeningTcp4Ports = { 1 } };
        await guest.UpdateListeningPortsAsync(told, cancellationToken: Cancel);

        Assert.Equal([80, 8080], Ports());

        await guest.ContainerShutdownAsync(new ContainerShutdownInfo { ContainerName = "penguin" }, cancellationToken: Cancel);
        Assert.Empty(Ports());
    }

    private IReadOnlyList<ushort> Ports() => Bench.Containers.Find(ContainerBench.Dev.Id, ContainerBench.Name("penguin"))!.Ports;

    private async Task StartedAsync() => await (await Bench.GuestAsync()).UpdateStartStatusAsync(
        new ContainerStartProgress { ContainerName = "penguin", Status = ContainerStartProgress.Types.Status.Started },
        cancellationToken: Cancel);
}
