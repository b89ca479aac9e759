using VmTools.Host.Bus;
using VmTools.Host.Vmc;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Containers;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Containers;

public sealed class ContainerVerbTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Create_starts_the_vm_for_containers_and_makes_starts_and_sets_up_the_container()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);

        var run = await concierge.RunAsync("container", "create", "demo");

        Assert.Equal(0, run.Code);
        Assert.Matches(@"^Container 'penguin' of VM 'demo' runs after \d+\.\d s; its user is 'ann'\.\n$", run.Output);
        Assert.Matches(
            @"Booting the guest\n +\d+\.\d s  Making the container\n +\d+\.\d s  Starting the container\n"
            + @" +\d+\.\d s  Setting up the user\nOpen a shell in it with: vsh demo penguin\n$",
            run.Error);
        Assert.True(concierge.Started!.StartTermina);
        Assert.Equal(["CreateLxdContainer", "StartLxdContainer", "SetUpLxdContainerUser"], cicerone.Calls);
        Assert.Equal(ContainerWork.NameFor(1000), cicerone.UserAskedFor);
    }

    [Fact]
    public async Task A_source_that_is_not_there_is_said_before_a_vm_is_started()
    {
        await using var concierge = await FakeConcierge.StartAsync();

        var run = await concierge.RunAsync("container", "create", "demo", "other", "--from", "/nowhere/root.tar");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Contains("There is no file or directory '/nowhere/root.tar'.", run.Error, StringComparison.Ordinal);
        Assert.Null(concierge.Started);
    }

    [Fact]
    public async Task Create_asks_a_vm_that_runs_to_serve_containers()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        concierge.AddRunning("demo", 33);

        var run = await concierge.RunAsync("container", "create", "demo", "trixie");

        Assert.StartsWith("Container 'trixie' of VM 'demo' runs", run.Output, StringComparison.Ordinal);
        Assert.True(concierge.Started!.StartTermina);
        Assert.Equal("trixie", Assert.Single(cicerone.Containers).Name);
    }

    [Fact]
    public async Task A_container_that_is_there_already_is_an_error_with_the_next_step()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        cicerone.Containers.Add(new ContainerReport("trixie", "STOPPED"));

        var run = await concierge.RunAsync("container", "create", "demo", "trixie");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.EndsWith(
            "vmc: Container 'trixie' of VM 'demo' is there already. Start it with: vmc container start demo trixie\n", run.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_in_the_vm_gives_the_vm_s_own_reason()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        cicerone.Failure = "The disk is full.";

        var run = await concierge.RunAsync("container", "create", "demo");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.EndsWith(
            "vmc: Container 'penguin' of VM 'demo' could not be made: The disk is full.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vm_that_ends_meanwhile_ends_the_wait()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        cicerone.IsSilent = true;
        var running = concierge.RunAsync("container", "create", "demo");
        await cicerone.Begun.Task.InTime();

        concierge.End("another", "Not for us.");
        concierge.End("demo", "Its kernel panicked.");

        var run = await running.InTime();
        Assert.EndsWith("could not be made: the VM ended. Its kernel panicked.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_goes_meanwhile_ends_the_wait()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        var cicerone = await FakeCicerone.StartAsync(concierge);
        cicerone.IsSilent = true;
        var running = concierge.RunAsync("container", "create", "demo");
        await cicerone.Begun.Task.InTime();

        await cicerone.DisposeAsync();

        Assert.Contains("vm_cicerone went away", (await running.InTime()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_gives_up_is_told_what_goes_on()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        cicerone.IsSilent = true;
        using var interrupt = new CancellationTokenSource();
        var running = VmcRun.OfAsync(concierge.Instance, ["container", "create", "demo"], interrupt.Token);
        await cicerone.Begun.Task.InTime();

        await interrupt.CancelAsync();

        var run = await running.InTime();
        Assert.Equal((130, ""), (run.Code, run.Output));
        Assert.EndsWith(
            "Interrupted; container 'penguin' goes on being made in the background. 'vmc container list demo' shows how far.\n", run.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain("StopVm", concierge.Calls);
    }

    [Fact]
    public async Task Start_starts_what_is_there_and_its_vm()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        concierge.AddDisk("demo", 1);
        cicerone.Containers.Add(new ContainerReport("penguin", "STOPPED"));

        var run = await concierge.RunAsync("container", "start", "demo");

        Assert.StartsWith("Container 'penguin' of VM 'demo' runs after", run.Output, StringComparison.Ordinal);
        Assert.True(concierge.Started!.StartTermina);
        Assert.Equal(["StartLxdContainer", "SetUpLxdContainerUser"], cicerone.Calls);
    }

    [Fact]
    public async Task Start_leaves_alone_what_runs_and_makes_neither_vm_nor_container()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);

        var noVm = await concierge.RunAsync("container", "start", "dome");
        concierge.AddRunning("demo", 33);
        var noContainer = await concierge.RunAsync("container", "start", "demo", "trixie");
        cicerone.Containers.Add(new ContainerReport("penguin", "RUNNING"));
        var runs = await concierge.RunAsync("container", "start", "demo");

        Assert.StartsWith("vmc: There is no VM 'dome'. 'vmc list' shows your VMs", noVm.Error, StringComparison.Ordinal);
        Assert.Contains(
            "VM 'demo' has no container 'trixie'. 'vmc container list demo' shows those it has, 'vmc container create demo trixie' makes "
            + "this one.", noContainer.Error, StringComparison.Ordinal);
        Assert.Equal((0, "Container 'penguin' of VM 'demo' is running already.\n"), (runs.Code, runs.Output));
    }

    [Fact]
    public async Task Stop_stops_a_container_that_runs_and_no_other()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        concierge.AddRunning("demo", 33);
        cicerone.Containers.Add(new ContainerReport("penguin", "RUNNING"));
        cicerone.Containers.Add(new ContainerReport("trixie", "STOPPED"));

        var stopped = await concierge.RunAsync("container", "stop", "demo");
        var idle = await concierge.RunAsync("container", "stop", "demo", "trixie");
        var missing = await concierge.RunAsync("container", "stop", "demo", "buster");

        Assert.Equal((0, "Container 'penguin' of VM 'demo' is stopped.\n"), (stopped.Code, stopped.Output));
        Assert.Equal((1, ""), (idle.Code, idle.Output));
        Assert.EndsWith("does not run. 'vmc container list demo' shows which do.\n", idle.Error, StringComparison.Ordinal);
        Assert.Contains("has no container 'buster'", missing.Error, StringComparison.Ordinal);
        Assert.Equal(["StopLxdContainer"], cicerone.Calls);
    }

    [Fact]
    public async Task A_container_of_a_vm_that_does_not_run_is_not_looked_for()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        concierge.AddDisk("demo", 1);

        foreach (var verb in (string[])["stop", "list", "delete"])
        {
            Assert.Equal(
                new VmcRun(
                    1, "", "vmc: VM 'demo' is not running, and only then its containers can be seen. Start it with: vmc start demo\n"),
                await concierge.RunAsync("container", verb, "demo"));
        }
    }

    [Theory]
    [InlineData("y\n", 0)]
    [InlineData("\n", 1)]
    [InlineData("", 1)]
    public async Task Delete_asks_first_and_stops_what_runs(string answer, int code)
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        concierge.AddRunning("demo", 33);
        cicerone.Containers.Add(new ContainerReport("penguin", "RUNNING"));

        var run = await VmcRun.OfAsync(concierge.Instance, ["container", "delete", "demo"], Cancel, answer);

        Assert.Equal((code, code == 0 ? "Container 'penguin' of VM 'demo' is deleted.\n" : ""), (run.Code, run.Output));
        Assert.Contains("Delete container 'penguin' of VM 'demo' and everything in it? (y/N) ", run.Error, StringComparison.Ordinal);
        Assert.Equal(code == 0 ? ["DeleteLxdContainer"] : [], cicerone.Calls);
    }

    [Fact]
    public async Task Delete_does_not_ask_when_told_so_nor_about_what_is_not_there()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        concierge.AddRunning("demo", 33);
        cicerone.Containers.Add(new ContainerReport("penguin", "STOPPED"));

        Assert.Equal(0, (await concierge.RunAsync("container", "delete", "demo", "--yes")).Code);
        var missing = await concierge.RunAsync("container", "delete", "demo", "buster");

        Assert.Equal(["DeleteLxdContainer"], cicerone.Calls);
        Assert.DoesNotContain("(y/N)", missing.Error, StringComparison.Ordinal);
        Assert.Contains("VM 'demo' has no container 'buster'", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_is_a_table_for_people_and_json_for_programs()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        concierge.AddRunning("demo", 33);
        Assert.EndsWith(
            "VM 'demo' has no containers. 'vmc container create demo' makes one.\n",
            (await concierge.RunAsync("container", "list", "demo")).Error, StringComparison.Ordinal);
        cicerone.Containers.Add(new ContainerReport("penguin", "RUNNING")
        {
            Ipv4 = "100.115.93.2",
            Username = "ann",
            Os = "Debian \u001b[31mGNU/Linux",
            Image = "cafe",
        });
        cicerone.Containers.Add(new ContainerReport("trixie", "STOPPED"));

        var table = await concierge.RunAsync("container", "list", "demo");
        var json = await concierge.RunAsync("container", "list", "demo", "--json");

        Assert.Equal(
            "NAME     STATE    ADDRESS       USER  SYSTEM\n"
            + "penguin  running  100.115.93.2  ann   Debian \ufffd[31mGNU/Linux\n"
            + "trixie   stopped  -             -     -\n",
            table.Output);
        Assert.Contains(
            "\"name\": \"trixie\",\n    \"state\": \"STOPPED\",\n    \"ipv4\": null,\n    \"username\": null,\n    \"os\": null,\n"
            + "    \"image\": null,\n    \"garcon\": false,\n    \"ports\": []\n",
            json.Output, StringComparison.Ordinal);
        Assert.Contains("\"image\": \"cafe\"", json.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_narrow_terminal_the_list_keeps_name_and_state()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        concierge.AddRunning("demo", 33);
        cicerone.Containers.Add(new ContainerReport("penguin", "RUNNING") { Ipv4 = "100.115.93.2", Username = "ann", Os = "Debian" });
        using var output = new StringWriter { NewLine = "\n" };
        var console = new VmcConsole(output, TextWriter.Null, TextReader.Null) { Width = 20 };

        await VmcProgram.RunAsync(["container", "list", "demo"], new VmcContext(concierge.Instance, console), Cancel);

        Assert.Equal("NAME     STATE\npenguin  running\n", output.ToString());
    }

    [Fact]
    public async Task Names_for_completion_are_those_of_the_vm_s_containers()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        Assert.Equal(new VmcRun(0, "", ""), await concierge.RunAsync("names", "demo"));
        await using var cicerone = await FakeCicerone.StartAsync(concierge);
        cicerone.Containers.Add(new ContainerReport("penguin", "RUNNING"));
        cicerone.Containers.Add(new ContainerReport("$(reboot)", "RUNNING"));

        Assert.Equal(new VmcRun(0, "penguin\n", ""), await concierge.RunAsync("names", "demo"));
    }

    [Fact]
    public async Task Without_vm_cicerone_the_error_says_who_is_missing()
    {
        await using var concierge = await FakeConcierge.StartAsync();
        concierge.AddRunning("demo", 33);

        Assert.Contains("vm_cicerone", (await concierge.RunAsync("container", "list", "demo")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Root_is_no_name_for_a_container_s_user() => Assert.Equal("chronos", ContainerWork.NameFor(0));
}
