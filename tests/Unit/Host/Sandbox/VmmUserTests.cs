using VmTools.Host.Sandbox;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Sandbox;

public sealed class VmmUserTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Two_VMMs_at_once_have_two_ids()
    {
        using var one = VmmUser.TryTake(_directory.Path);
        using var two = VmmUser.TryTake(_directory.Path);

        Assert.Equal([VmmUser.First, VmmUser.First + 1], [one!.Id, two!.Id]);
    }

    [Fact]
    public async Task An_id_is_taken_until_the_VMM_that_holds_it_has_ended()
    {
        await using var reaper = Reaper.ForChildren();
        var (read, write) = Pipe.Create();
        ChildProcess vmm;
        using (var user = VmmUser.TryTake(_directory.Path)!)
        {
            vmm = ChildProcess.Spawn(
                new SpawnRequest("/bin/sh", ["sh", "-c", "read line"]) { StandardInput = read, PassFds = [user.Lock.File] }, reaper);
        }

        using (var other = VmmUser.TryTake(_directory.Path))
        {
            Assert.Equal(VmmUser.First + 1, other!.Id);
        }

        write.Dispose();
        read.Dispose();
        await vmm.Exited.WaitAsync(TestContext.Current.CancellationToken);
        using var next = VmmUser.TryTake(_directory.Path);
        Assert.Equal(VmmUser.First, next!.Id);
    }

    public void Dispose() => _directory.Dispose();
}
