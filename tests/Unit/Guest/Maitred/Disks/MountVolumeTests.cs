using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Disks;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Disks;

public sealed class MountVolumeTests : IAsyncDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly Supervisor _supervisor;

    public MountVolumeTests() =>
        _supervisor = new Supervisor(_reaper, new Dictionary<string, string>(), _ => { }, TimeProvider.System, NullLogger.Instance);

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        await _reaper.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task The_reserved_target_is_not_mounted_and_said_to_be_fine() =>
        Assert.Equal(Errno.None, await MountAsync(new MountSpec { Source = "x", Target = "/mnt/external/0", Type = "ext4" }));

    [Fact]
    public async Task A_mount_that_fails_answers_with_the_kernel_s_reason()
    {
        var error = await MountAsync(new MountSpec
        {
            Source = "/no/such/disk",
            Target = _scratch.PathOf("a/b"),
            Type = "ext4",
            CreateTarget = true,
        });

        Assert.True(Directory.Exists(_scratch.PathOf("a/b")));
        Assert.True(error is Errno.ENOENT or Errno.EPERM, error.ToString());
    }

    private Task<Errno> MountAsync(MountSpec mount) =>
        new MountVolume(_supervisor, Task.CompletedTask, NullLogger.Instance).RunAsync(mount, TestContext.Current.CancellationToken);
}
