using VmTools.Host.Bus;
using VmTools.Host.Vms;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Machines;

/// <summary>Listings to the letter: people read the tables, programs the JSON.</summary>
public sealed class ListingTests
{
    [Fact]
    public async Task The_list_shows_running_and_stopped_vms()
    {
        await using var daemon = await WithVmsAsync();

        var run = await daemon.RunAsync("list");

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal("""
            NAME         STATE    CID  PID   MEMORY   DISK
            demo         running  32   4032  512 MiB  1.5 MiB
            old machine  stopped  -    -     -        200 MiB

            """, run.Output);
    }

    [Fact]
    public async Task The_list_as_json()
    {
        await using var daemon = await WithVmsAsync();

        Assert.Equal("""
            [
              {
                "name": "demo",
                "state": "running",
                "reason": null,
                "type": null,
                "cid": 32,
                "pid": 4032,
                "memory_bytes": 536870912,
                "host_memory_bytes": 671088640,
                "disk_bytes": 1572864,
                "disk_path": "/disks/demo.img",
                "running_containers": null,
                "ended": null,
                "ended_at": null,
                "forced": null
              },
              {
                "name": "old machine",
                "state": "stopped",
                "reason": null,
                "type": null,
                "cid": null,
                "pid": null,
                "memory_bytes": null,
                "host_memory_bytes": null,
                "disk_bytes": 209715200,
                "disk_path": "/disks/old machine.img",
                "running_containers": null,
                "ended": null,
                "ended_at": null,
                "forced": null
              }
            ]

            """, (await daemon.RunAsync("list", "--json")).Output);
    }

    [Fact]
    public async Task An_empty_list_is_a_hint_for_people_and_an_empty_array_for_programs()
    {
        await using var daemon = await FakeConcierge.StartAsync();

        Assert.Equal(new VmcRun(0, "", "You have no VMs. 'vmc start NAME' makes one.\n"), await daemon.RunAsync("list"));
        Assert.Equal(new VmcRun(0, "[]\n", ""), await daemon.RunAsync("list", "--json"));
    }

    [Fact]
    public async Task Info_for_people_and_programs()
    {
        await using var daemon = await WithVmsAsync();

        Assert.Equal("""
            name:    demo
            state:   running
            CID:     32
            VMM pid: 4032
            memory:  512 MiB
            on host: at most 640 MiB of memory, the VMM's own included
            disk:    /disks/demo.img (1.5 MiB on the host)

            """, (await daemon.RunAsync("info", "demo")).Output);
        Assert.StartsWith("{\n  \"name\": \"demo\",", (await daemon.RunAsync("info", "demo", "--json")).Output, StringComparison.Ordinal);
        Assert.Equal(new VmcRun(1, "", "vmc: There is no VM 'x'. 'vmc list' shows your VMs.\n"), await daemon.RunAsync("info", "x"));
        Assert.Equal(
            new VmcRun(1, "", $"vmc: There is no VM 'a/b'. 'vmc list' shows your VMs. {VmNameRule.Sentence}\n"), await daemon.RunAsync(
                "info", "a/b"));
        Assert.Equal(0, (await daemon.RunAsync("info", "old machine")).Code);
    }

    [Fact]
    public async Task Why_a_vm_does_not_run_is_in_list_and_info()
    {
        await using var daemon = await WithVmsAsync();
        daemon.States.Add(new VmStateReport("demo", "paused") { Reason = "host disk full", Cid = 32, HostMemoryMib = 640 });
        daemon.States.Add(new VmStateReport("old machine", "stopped")
        {
            Reason = "The VMM was killed by SIGKILL.",
            Ended = new VmEndingReport(
                new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero), "The VMM was killed by SIGKILL.", Forced: false),
        });

        var list = (await daemon.RunAsync("list")).Output;
        var json = (await daemon.RunAsync("list", "--json")).Output;
        var paused = (await daemon.RunAsync("info", "demo")).Output;
        var ended = (await daemon.RunAsync("info", "old machine")).Output;

        Assert.Contains("demo         paused: host disk full ", list, StringComparison.Ordinal);
        Assert.Contains("old machine  stopped: The VMM was killed by SIGKILL. ", list, StringComparison.Ordinal);
        Assert.Contains("\"state\": \"paused\",\n    \"reason\": \"host disk full\"", json, StringComparison.Ordinal);
        Assert.Contains("\"ended_at\": \"2030-01-02T03:04:05.000000Z\"", json, StringComparison.Ordinal);
        Assert.Contains("state:   paused\nreason:  host disk full\n", paused, StringComparison.Ordinal);
        Assert.Matches(@"ended:   The VMM was killed by SIGKILL \(2030-01-0\d \d\d:\d\d:05\)\n", ended);
    }

    [Fact]
    public async Task Disks_for_people_and_programs()
    {
        await using var daemon = await WithVmsAsync();

        Assert.Equal("""
            NAME         SIZE       TYPE
            demo         1.5 MiB    -
            old machine  200 MiB    -
            total        201.5 MiB

            """, (await daemon.RunAsync("disk", "list")).Output);
        Assert.StartsWith("""
            [
              {
                "name": "demo",
                "bytes": 1572864,
                "path": "/disks/demo.img",
                "type": null
              },
            """, (await daemon.RunAsync("disk", "list", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_would_steer_the_terminal_is_shown_and_not_done()
    {
        await using var daemon = await FakeConcierge.StartAsync();
        daemon.AddDisk("\x1b[2Jevil", 1);

        Assert.DoesNotContain('\x1b', (await daemon.RunAsync("list")).Output);
    }

    [Fact]
    public async Task Version_shows_program_and_daemon_and_starts_nothing()
    {
        await using var daemon = await FakeConcierge.StartAsync();

        var run = await daemon.RunAsync("version");
        var alone = await VmcRun.OfAsync("version", "--json");

        Assert.Matches(@"^vmc           \d+\.\d+\.\d+\nguest image   none in .*/image\nvm_concierge  9\.8\.7\n$", run.Output);
        Assert.Contains("\"daemon\": null", alone.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(daemon.Instance.Directories.Runtime));
    }

    private static async Task<FakeConcierge> WithVmsAsync()
    {
        var daemon = await FakeConcierge.StartAsync();
        daemon.AddRunning("demo", 32);
        daemon.AddDisk("old machine", 200 << 20);
        daemon.AddDisk("demo", 1536 << 10);
        return daemon;
    }
}
