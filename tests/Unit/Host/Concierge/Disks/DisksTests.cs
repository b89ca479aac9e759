using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Disks;

/// <summary>Disks from creation to destruction, with the real mkfs.ext4 on the real file system.</summary>
public sealed class DisksTests : IAsyncDisposable
{
    private readonly ConciergeBench _bench = new();
    private readonly VmId _id = ConciergeBench.IdOf("termina");

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sparse_disk_with_ext4_has_its_size_and_takes_little()
    {
        var outcome = await Create().RunAsync(new NewDisk(_id) { Size = 1L << 30, IsSparse = true, HasExt4 = true }, Cancel);

        Assert.Equal(DiskStatus.Created, outcome.Status);
        Assert.Equal(1L << 30, new FileInfo(outcome.Path).Length);
        Assert.InRange(DiskUsage.AllocatedBytes(outcome.Path), 1, 100L << 20);
        using var image = FdHandle.Open(outcome.Path, OpenFlags.ReadOnly);
        Assert.Equal("ext4", DiskContent.FileSystemOf(image));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(outcome.Path));
    }

    [Fact]
    public async Task A_preallocated_disk_takes_all_of_its_size_at_once()
    {
        var outcome = await Create().RunAsync(new NewDisk(_id) { Size = 8 << 20 }, Cancel);

        Assert.InRange(DiskUsage.AllocatedBytes(outcome.Path), 8 << 20, 9 << 20);
    }

    [Fact]
    public async Task A_disk_that_exists_is_left_alone_and_told()
    {
        var first = await Create().RunAsync(new NewDisk(_id) { Size = 1 << 20, IsSparse = true }, Cancel);
        File.WriteAllText(first.Path, "precious");

        var second = await Create().RunAsync(new NewDisk(_id) { Size = 1 << 20, IsSparse = true }, Cancel);

        Assert.Equal(DiskStatus.Exists, second.Status);
        Assert.Equal("precious", File.ReadAllText(second.Path));
    }

    [Fact]
    public async Task A_disk_that_does_not_fit_is_told_and_leaves_nothing()
    {
        var size = Math.Min(DiskMaker.Largest, _bench.FreeBytes + (1L << 40));

        var error = await Assert.ThrowsAsync<VmToolsException>(() => Create().RunAsync(new NewDisk(_id) { Size = size }, Cancel));

        Assert.Equal(ErrorKind.ResourceExhausted, error.Kind);
        Assert.Contains("not enough room", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_bench.Store.PathOf(_id))!, "*.img*"));
    }

    [Fact]
    public async Task A_format_that_fails_is_told_with_what_the_tool_said_and_leaves_nothing()
    {
        var disk = new NewDisk(_id) { Size = 1 << 20, IsSparse = true, HasExt4 = true, FormatOptions = ["-b", "nonsense"] };

        var error = await Assert.ThrowsAsync<VmToolsException>(() => Create().RunAsync(disk, Cancel));

        Assert.Contains("nonsense", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_bench.Store.PathOf(_id))!));
    }

    [Fact]
    public async Task A_preallocated_disk_needs_a_size()
    {
        await Assert.ThrowsAsync<VmToolsException>(() => Create().RunAsync(new NewDisk(_id), Cancel));
    }

    [Theory]
    [InlineData(100L << 30, 96636764160)]
    [InlineData(1L << 20, 1L << 30)]
    [InlineData(long.MaxValue, 16L << 40)]
    public void Nobodys_choice_is_most_of_what_is_free_and_never_less_than_a_gibibyte(long free, long size)
    {
        Assert.Equal(size, DiskMaker.DefaultSize(free));
    }

    [Theory]
    [InlineData(false, 100L << 20, "100 MiB")]
    [InlineData(true, 3L << 30, "3072 MiB")]
    [InlineData(true, 1L << 20, "16 MiB from the start, and /state has 15 MiB free")]
    public void A_disk_is_promised_only_where_it_may_come_true(bool isSparse, long size, string told)
    {
        var room = new DriveRoom(Total: 2L << 30, Free: 15L << 20);

        var error = Assert.Throws<VmToolsException>(
            () => DiskRoom.Check(new NewDisk(_id) { IsSparse = isSparse, Size = size }, "/state", room));

        Assert.Equal(ErrorKind.ResourceExhausted, error.Kind);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.Contains("--size", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sparse_disk_may_be_larger_than_what_is_free() =>
        DiskRoom.Check(new NewDisk(_id) { IsSparse = true, Size = 2L << 30 }, "/state", new DriveRoom(Total: 2L << 30, Free: 1L << 30));

    [Theory]
    [InlineData(1)]
    [InlineData((1 << 20) - 1)]
    public async Task A_disk_that_no_file_system_fits_on_is_refused_with_the_least_size(long size)
    {
        var error = await Assert.ThrowsAsync<VmToolsException>(
            () => Create().RunAsync(new NewDisk(_id) { Size = size, IsSparse = true }, Cancel));

        Assert.Contains("1 MiB or more", error.Message, StringComparison.Ordinal);
        Assert.False(_bench.Store.Exists(_id));
    }

    [Fact]
    public async Task A_size_is_rounded_up_to_whole_blocks()
    {
        var outcome = await Create().RunAsync(new NewDisk(_id) { Size = (1 << 20) + 1, IsSparse = true }, Cancel);

        Assert.Equal((1 << 20) + 4096, new FileInfo(outcome.Path).Length);
    }

    [Fact]
    public async Task The_disk_that_a_start_makes_goes_with_a_start_that_fails()
    {
        _bench.Failing = "VMM";

        await Assert.ThrowsAsync<VmToolsException>(StartWithOwnDiskAsync);

        Assert.Empty(_bench.Store.List(_id.Owner, only: null));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_bench.Store.PathOf(_id))!, "*.img*"));
    }

    [Fact]
    public async Task The_disk_that_a_start_makes_stays_once_the_vm_ran()
    {
        await StartWithOwnDiskAsync();

        await _bench.StopAsync("termina");

        _bench.Store.ClearUnfinished();
        Assert.Equal([_bench.Store.PathOf(_id)], Directory.GetFiles(Path.GetDirectoryName(_bench.Store.PathOf(_id))!, "*.img*"));
        Assert.Contains("Mount /dev/vdb /mnt/stateful ext4", _bench.Journal.Lines);
    }

    [Fact]
    public async Task A_disk_that_was_there_before_outlives_a_failed_start()
    {
        await Create().RunAsync(new NewDisk(_id) { Size = 16 << 20, IsSparse = true }, Cancel);
        _bench.Failing = "SetTime";

        await Assert.ThrowsAsync<VmToolsException>(StartWithOwnDiskAsync);

        Assert.True(_bench.Store.Exists(_id));
    }

    [Fact]
    public async Task The_disk_of_a_start_during_which_the_daemon_died_is_cleared_by_the_next()
    {
        await Create().RunAsync(new NewDisk(_id) { Size = 16 << 20, IsSparse = true }, Cancel);
        _bench.Store.MarkNew(_id);

        _bench.Store.ClearUnfinished();

        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_bench.Store.PathOf(_id))!));
    }

    [Fact]
    public async Task Disks_are_listed_with_what_is_noted_on_them()
    {
        await Create().RunAsync(new NewDisk(_id) { Size = 1 << 20, IsSparse = true, Type = VmType.Baguette }, Cancel);
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(_bench.Store.PathOf(_id))!, "not base64!.img"), "");

        var disk = Assert.Single(_bench.Store.List(_id.Owner, only: null));

        Assert.Equal("termina", disk.Name.Value);
        Assert.Equal(VmType.Baguette, disk.Type);
        Assert.True(disk.HasUserChosenSize);
        Assert.Empty(_bench.Store.List(_id.Owner, VmId.ParseName("other")));
    }

    [Fact]
    public async Task Destroying_a_disk_stops_its_vm_first()
    {
        await Create().RunAsync(new NewDisk(_id) { Size = 1 << 20, IsSparse = true }, Cancel);
        await _bench.StartAsync("termina");

        var outcome = await Destroy().RunAsync(_id, Cancel);

        Assert.Equal(DiskStatus.Destroyed, outcome.Status);
        Assert.Contains("Stopped termina DestroyDiskImageRequested", _bench.Journal.Lines);
        Assert.False(_bench.Store.Exists(_id));
    }

    [Fact]
    public async Task A_disk_that_does_not_exist_cannot_be_destroyed()
    {
        Assert.Equal(DiskStatus.DoesNotExist, (await Destroy().RunAsync(_id, Cancel)).Status);
    }

    [Fact]
    public async Task A_disk_that_a_vm_unknown_to_the_daemon_holds_is_not_destroyed()
    {
        var path = (await Create().RunAsync(new NewDisk(_id) { Size = 1 << 20, IsSparse = true }, Cancel)).Path;
        await using var reaper = Reaper.ForChildren();
        ChildProcess vmm;
        using (var taken = await DiskLock.TakeAsync(path, isWritable: true, TimeProvider.System, Cancel))
        {
            vmm = ChildProcess.Spawn(new SpawnRequest("/bin/sleep", ["sleep", "600"]) { PassFds = [taken.File] }, reaper);
        }

        var refused = await Assert.ThrowsAsync<VmToolsException>(() => Destroy().RunAsync(_id, Cancel));

        Assert.Contains($"is in use by sleep (pid {vmm.Pid})", refused.Message, StringComparison.Ordinal);
        Assert.True(_bench.Store.Exists(_id));
        vmm.Signal(Signal.Kill);
        await vmm.Exited;
        Assert.Equal(DiskStatus.Destroyed, (await Destroy().RunAsync(_id, Cancel)).Status);
    }

    [Fact]
    public async Task A_start_waits_for_no_disk_that_another_vm_writes_to_and_shares_one_that_is_only_read()
    {
        var path = (await Create().RunAsync(new NewDisk(_id) { Size = 1 << 20, IsSparse = true, HasExt4 = true }, Cancel)).Path;
        using (await DiskLock.TakeAsync(path, isWritable: false, TimeProvider.System, Cancel))
        {
            using var shared = await DiskLock.TakeAsync(path, isWritable: false, TimeProvider.System, Cancel);
            await Assert.ThrowsAsync<VmToolsException>(() => DiskLock.TakeAsync(path, isWritable: true, TimeProvider.System, Cancel));
        }

        await using var held = await DiskLocks.TakeAsync([new StartDisk(path, IsWritable: true)], null, TimeProvider.System, Cancel);
        await Assert.ThrowsAsync<VmToolsException>(() => DiskLock.TakeAsync(path, isWritable: false, TimeProvider.System, Cancel));

        Assert.Equal(
            "ext4", Assert.Single(await _bench.DiskPreparation.PrepareAsync([new StartDisk(path, IsWritable: true)], Cancel)).FileSystem);
    }

    [Fact]
    public async Task A_link_to_a_disk_or_a_pipe_is_no_disk()
    {
        var link = Path.Combine(_bench.Directories.State, "link.img");
        File.CreateSymbolicLink(link, "/dev/zero");

        var refused = await Assert.ThrowsAsync<VmToolsException>(
            () => DiskLock.TakeAsync(link, isWritable: true, TimeProvider.System, Cancel));

        Assert.Contains("not a plain file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_interrupted_creation_left_is_cleared()
    {
        var left = _bench.Store.UnfinishedPathOf(_id);
        Directory.CreateDirectory(Path.GetDirectoryName(left)!);
        File.WriteAllText(left, "half");

        _bench.Store.ClearUnfinished();

        Assert.False(File.Exists(left));
    }

    [Fact]
    public async Task A_blank_first_disk_is_formatted_and_mounted_as_the_stateful_one()
    {
        var blank = Path.Combine(_bench.Directories.State, "blank.img");
        using (var file = File.Create(blank))
        {
            file.SetLength(16 << 20);
        }

        var mounts = await _bench.DiskPreparation.PrepareAsync([new StartDisk(blank, IsWritable: true)], Cancel);

        Assert.Equal(new GuestMount("/dev/vdb", "/mnt/stateful", "ext4"), Assert.Single(mounts));
    }

    [Fact]
    public async Task A_disk_with_unknown_content_is_never_formatted()
    {
        var disk = Path.Combine(_bench.Directories.State, "foreign.img");
        File.WriteAllText(disk, "something that somebody may want to keep");

        await Assert.ThrowsAsync<VmToolsException>(
            () => _bench.DiskPreparation.PrepareAsync([new StartDisk(disk, IsWritable: true)], Cancel));

        Assert.Equal("something that somebody may want to keep", File.ReadAllText(disk));
    }

    [Theory]
    [InlineData(0, "LUKS\xba\xbe", "LUKS")]
    [InlineData(512, "EFI PART", "GPT")]
    [InlineData(512, "LABELONE", "LVM")]
    [InlineData(4086, "SWAPSPACE2", "swap")]
    [InlineData(68 << 10, "behind the superblocks", "from byte 69632 on")]
    [InlineData(200 << 20, "far behind", "from byte 209715200 on")]
    [InlineData((1L << 30) - 1, "z", "from byte 1073741823 on")]
    public async Task A_first_disk_with_data_anywhere_is_told_and_never_formatted(long offset, string data, string told)
    {
        var disk = Path.Combine(_bench.Directories.State, "foreign.img");
        var bytes = System.Text.Encoding.Latin1.GetBytes(data);
        await using (var file = File.Create(disk))
        {
            file.SetLength(1L << 30);
            file.Position = offset;
            file.Write(bytes);
        }

        var error = await Assert.ThrowsAsync<VmToolsException>(
            () => _bench.DiskPreparation.PrepareAsync([new StartDisk(disk, IsWritable: true)], Cancel));

        Assert.Equal(ErrorKind.FailedPrecondition, error.Kind);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        await using var after = File.OpenRead(disk);
        after.Position = offset;
        var kept = new byte[bytes.Length];
        after.ReadExactly(kept);
        Assert.Equal(bytes, kept);
    }

    [Fact]
    public async Task A_missing_disk_is_told_with_the_command_that_makes_one()
    {
        var error = await Assert.ThrowsAsync<VmToolsException>(
            () => DiskLock.TakeAsync("/nowhere/x.img", isWritable: true, TimeProvider.System, Cancel));

        Assert.Equal(ErrorKind.NotFound, error.Kind);
        Assert.Contains("vmc disk create", error.Message, StringComparison.Ordinal);
    }

    private Task<VmSnapshot> StartWithOwnDiskAsync() =>
        _bench.Start.RunAsync(new StartSpec(_id) { Disks = [new StartDisk("", IsWritable: true)] }, Cancel);

    private CreateDiskImage Create() => new(_bench.DiskOperations, _bench.Store, new DiskMaker(_bench.Store, _bench.Formatter));

    private DestroyDiskImage Destroy() => _bench.Destroy;
}
