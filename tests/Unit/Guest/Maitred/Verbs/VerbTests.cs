using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Guest.Maitred.Verbs;
using VmTools.Linux;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Verbs;

public sealed class VerbTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vmtools-verbs").FullName;
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly Supervisor _supervisor;

    public VerbTests() =>
        _supervisor = new Supervisor(_reaper, new Dictionary<string, string>(), _ => { }, TimeProvider.System, NullLogger.Instance);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        await _reaper.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(0u, 0u, 0u, "address")]
    [InlineData(0u, 1u, 0u, "address")]
    [InlineData(1u, 0u, 1u, "netmask")]
    [InlineData(1u, 1u, 0u, "gateway")]
    [InlineData(0u, 1u, 1u, "address")]
    public async Task A_network_without_all_three_addresses_is_refused_before_anything_is_touched(
        uint address, uint netmask, uint gateway, string named)
    {
        var verb = new ConfigureNetwork(Task.FromException(new InvalidOperationException("touched")));

        var refused = await Assert.ThrowsAsync<VmToolsException>(
            () => verb.RunAsync(address, netmask, gateway, TestContext.Current.CancellationToken));

        Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
        Assert.Equal($"IPv4 {named} cannot be 0", refused.Message);
    }

    [Fact]
    public void Name_servers_are_written_whatever_was_left_behind()
    {
        File.WriteAllText($"{_directory}/resolv.conf.tmp", "stale");
        var verb = new SetResolvConfig($"{_directory}/resolv.conf", NullLogger.Instance);

        verb.Run(["10.0.2.3"], ["lan"]);

        Assert.Equal(
            "nameserver 10.0.2.3\nsearch lan\noptions single-request timeout:1 attempts:5\n",
            File.ReadAllText($"{_directory}/resolv.conf"));
    }

    [Fact]
    public void A_name_server_that_would_be_two_lines_is_refused()
    {
        var verb = new SetResolvConfig($"{_directory}/resolv.conf", NullLogger.Instance);

        var refused = Assert.Throws<VmToolsException>(() => verb.Run(["1.1.1.1\noptions x"], []));

        Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
        Assert.False(File.Exists($"{_directory}/resolv.conf"));
    }

    [Fact]
    public void The_epoch_is_no_time_to_set() =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<VmToolsException>(() => SetTime.Run(0, 5)).Kind);

    [Fact]
    public void A_time_beyond_the_calendar_is_refused() =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<VmToolsException>(() => SetTime.Run(long.MaxValue, 0)).Kind);

    [Fact]
    public async Task An_order_without_arguments_is_refused()
    {
        var refused = await Assert.ThrowsAsync<VmToolsException>(
            () => new LaunchProcess(_supervisor).RunAsync(new LaunchOrder { Arguments = [] }, TestContext.Current.CancellationToken));

        Assert.Equal((ErrorKind.InvalidArgument, "missing argv"), (refused.Kind, refused.Message));
    }

    [Fact]
    public async Task The_reserved_target_is_mounted_by_nobody_and_said_to_be_fine() =>
        Assert.Equal(Errno.None, await MountAsync(new MountOrder { Source = "x", Target = "/mnt/external/0", Type = "ext4" }));

    [Fact]
    public async Task A_mount_that_fails_answers_with_the_kernel_s_reason()
    {
        var error = await MountAsync(new MountOrder
        {
            Source = "/no/such/disk",
            Target = $"{_directory}/a/b",
            Type = "ext4",
            CreateTarget = true,
        });

        Assert.True(Directory.Exists($"{_directory}/a/b"));
        Assert.True(error is Errno.ENOENT or Errno.EPERM, error.ToString());
    }

    [Fact]
    public void A_disk_is_blank_as_long_as_nothing_was_written()
    {
        var disk = $"{_directory}/disk";
        using (var file = File.Create(disk))
        {
            file.SetLength(1024 * 1024);
        }

        Assert.True(BlankDisk.IsBlank(disk));

        using (var file = File.OpenWrite(disk))
        {
            file.Position = 65536 + 64;
            file.Write("_BHRfS_M"u8);
        }

        Assert.False(BlankDisk.IsBlank(disk));
    }

    [Theory]
    [InlineData(128 << 10)]
    [InlineData((1 << 20) - 1)]
    public void A_disk_with_data_behind_its_first_sectors_is_not_blank(int offset)
    {
        var disk = $"{_directory}/disk";
        using (var file = File.Create(disk))
        {
            file.SetLength(1024 * 1024);
            file.Position = offset;
            file.WriteByte(1);
        }

        Assert.False(BlankDisk.IsBlank(disk));
    }

    [Fact]
    public void What_is_no_disk_is_not_blank()
    {
        File.WriteAllText($"{_directory}/small", "");

        Assert.False(BlankDisk.IsBlank($"{_directory}/small"));
        Assert.False(BlankDisk.IsBlank("/no/such/disk"));
    }

    [Fact]
    public async Task A_service_refuses_to_switch_the_machine_off() =>
        Assert.Equal(
            ErrorKind.FailedPrecondition,
            (await Assert.ThrowsAsync<VmToolsException>(() => new ShutDownElsewhere().RunAsync())).Kind);

    private Task<Errno> MountAsync(MountOrder order) =>
        new MountVolume(_supervisor, Task.CompletedTask, NullLogger.Instance).RunAsync(order, TestContext.Current.CancellationToken);
}
