using Grpc.Core;
using VmTools.Host.CrashStore;
using VmTools.Host.CrashStore.Settings;
using VmTools.Unit.Linux.Files;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>Reports that meet a file system which is full, wherever in a report it becomes so.</summary>
public sealed class FullDiskTests
{
    private const int Pages = 16;

    /// <summary>A page for the minidump, one for the process tree and one for the facts.</summary>
    private const int PagesOfReport = 3;

    private static readonly CrashSettings TwoReports = CrashSettings.Default with
    {
        Limits = new CrashLimits { MaxVmBytes = 2 * PagesOfReport * SmallDisk.Page },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_is_stored_where_it_just_fits_and_leaves_nothing_where_it_does_not()
    {
        await using var disk = await SmallDisk.MountAsync(Pages);
        await using var bench = CrashBench.Start(state: StateOn(disk)).Run("dev", 40);
        await bench.SendAsync(40, CrashBench.Report(4, ("exec_name", "first")));
        var before = bench.Files;

        for (var free = 0; free < PagesOfReport; free++)
        {
            disk.LeaveFree(free);
            Assert.Equal(StatusCode.Unavailable, await bench.RefusedAsync(40, CrashBench.Report()));
            Assert.Equal(before, bench.Files);
        }

        disk.LeaveFree(PagesOfReport);
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await bench.SendAsync(40, CrashBench.Report(4, ("exec_name", "second")));
        Assert.Equal(["first", "second"], bench.Stored("dev").Select(report => report.Metadata["exec_name"]));
        Assert.Equal(new byte[4], await File.ReadAllBytesAsync(bench.Stored("dev")[0].Dump, Cancel));
        Assert.Equal(PagesOfReport, bench.Status.ReportsWithoutRoom);
    }

    [Fact]
    public async Task The_first_report_of_a_vm_waits_for_room_too()
    {
        await using var disk = await SmallDisk.MountAsync(Pages);
        await using var bench = CrashBench.Start(state: StateOn(disk)).Run("dev", 40);
        disk.LeaveFree(0);

        Assert.Equal(StatusCode.Unavailable, await bench.RefusedAsync(40, CrashBench.Report()));
        Assert.Empty(bench.Files);
        disk.Free();
        await bench.SendAsync(40, CrashBench.Report());

        Assert.Single(bench.Stored("dev"));
    }

    [Fact]
    public async Task One_line_says_what_could_not_be_done_and_why_and_what_helps()
    {
        await using var disk = await SmallDisk.MountAsync(Pages);
        await using var bench = CrashBench.Start(state: StateOn(disk)).Run("dev", 40);
        disk.LeaveFree(0);

        for (var number = 0; number < 5; number++)
        {
            await bench.RefusedAsync(40, CrashBench.Report());
        }

        var line = Assert.Single(bench.Log.Lines);
        Assert.Matches(
            $"^Warning: VM dev: a report could not be written: write '{bench.DirectoryOf("dev")}/[^/']+{CrashDirectory.Dump}': No space "
                + $"left on device \\(ENOSPC\\)\\. "
            + "The VM keeps it and sends it again; make room there, or let us write \\(and 0 more since this was last told\\)$",
            line);
    }

    [Fact]
    public async Task A_full_disk_costs_no_report_that_is_there()
    {
        await using var disk = await SmallDisk.MountAsync(Pages);
        await using var bench = CrashBench.Start(TwoReports, StateOn(disk)).Run("dev", 40);
        await bench.SendAsync(40, CrashBench.Report());
        await bench.SendAsync(40, CrashBench.Report());
        var before = bench.Files;
        disk.LeaveFree(0);

        for (var number = 0; number < 5; number++)
        {
            await bench.RefusedAsync(40, CrashBench.Report());
        }

        Assert.Equal(before, bench.Files);
    }

    /// <summary>The owner's directory is there already, as the VM's disk is beside the reports.</summary>
    private static string StateOn(SmallDisk disk) => Path.Combine(disk.Path, "state");
}
