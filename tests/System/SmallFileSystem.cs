using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A file system of its own below a directory of the host, which a test can fill up. Its daemons see it too.</summary>
internal sealed class SmallFileSystem : IAsyncDisposable
{
    private readonly string _directory;

    private SmallFileSystem(string directory) => _directory = directory;

    private string Filler => Path.Combine(_directory, "filler");

    /// <param name="directory">What is in it is hidden while the file system is there.</param>
    /// <param name="size">As tmpfs(5) reads it.</param>
    public static async Task<SmallFileSystem> MountAsync(string directory, string size)
    {
        Assert.SkipUnless(Environment.UserName == "root", "A small file system can only be mounted by root.");
        await MountAsync("-t", "tmpfs", "-o", $"size={size},mode=700", "tmpfs", directory);
        return new SmallFileSystem(directory);
    }

    public Task ResizeAsync(string size) => MountAsync("-o", $"remount,size={size}", _directory);

    /// <summary>Until there is no room for anything.</summary>
    public Task FillAsync() => HostCommand.Of("dd", "if=/dev/zero", $"of={Filler}", "bs=4k").RunAsync();

    public void MakeRoom() => File.Delete(Filler);

    public string[] Files() => [.. Directory.GetFiles(_directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>Also while somebody still has a file of it open.</summary>
    public async ValueTask DisposeAsync() => await HostCommand.Of("umount", "--lazy", _directory).RunAsync();

    private static async Task MountAsync(params string[] arguments)
    {
        var result = await new HostCommand("mount", arguments).RunAsync();
        Assert.True(result.Code == 0, result.ToString());
    }
}
