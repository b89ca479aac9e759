using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Unit.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.Files;

public sealed class FilesTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateMode = OwnerOnly | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void A_file_is_written_whole_with_its_mode_and_nothing_beside_it()
    {
        AtomicFile.Write(_directory.File("f"), "first"u8, OwnerOnly);
        AtomicFile.Write(_directory.File("f"), "second"u8, OwnerOnly | UnixFileMode.GroupWrite);

        Assert.Equal("second", File.ReadAllText(_directory.File("f")));
        Assert.Equal(OwnerOnly | UnixFileMode.GroupWrite, File.GetUnixFileMode(_directory.File("f")));
        Assert.Single(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_content_and_no_rubbish()
    {
        Directory.CreateDirectory(_directory.File("f"));
        File.WriteAllText(_directory.File("f/inside"), "kept");

        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(_directory.File("f"), "new"u8, OwnerOnly));

        Assert.Equal("kept", File.ReadAllText(_directory.File("f/inside")));
        Assert.Single(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_reader_never_sees_a_torn_file()
    {
        var path = _directory.File("f");
        byte[][] contents = [[.. Enumerable.Repeat((byte)'a', 50_000)], [.. Enumerable.Repeat((byte)'b', 70_000)]];
        AtomicFile.Write(path, contents[0], OwnerOnly);
        using var done = new CancellationTokenSource();
        var torn = 0;

        var reading = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    var seen = File.ReadAllBytes(path);
                    torn += seen.AsSpan().SequenceEqual(contents[seen[0] - 'a']) ? 0 : 1;
                }
            },
            TestContext.Current.CancellationToken);
        for (var i = 0; i < 200; i++)
        {
            AtomicFile.Write(path, contents[i % 2], OwnerOnly);
        }

        await done.CancelAsync();
        await reading;
        Assert.Equal(0, torn);
    }

    [Fact]
    public void A_lock_is_held_by_one_and_free_again_when_let_go()
    {
        var held = FileLock.TryTake(_directory.File("lock"));

        Assert.NotNull(held);
        Assert.Null(FileLock.TryTake(_directory.File("lock")));
        Assert.Equal($"{Environment.ProcessId}\n", ReadWithoutLock(_directory.File("lock")));
        held.Dispose();
        using var again = FileLock.TryTake(_directory.File("lock"));
        Assert.NotNull(again);
    }

    [Fact]
    public void A_lock_that_is_let_go_is_free_though_a_copy_of_its_file_lives()
    {
        // The copy stands for the one that a child has between its making and its exec.
        var held = FileLock.TryTake(_directory.File("lock"))!;
        using var copy = held.File.Duplicate();

        held.Dispose();

        using var again = FileLock.TryTake(_directory.File("lock"));
        Assert.NotNull(again);
    }

    [Fact]
    public void A_private_directory_is_made_with_its_parents_and_kept_private()
    {
        var path = _directory.File("a/b");

        PrivateDirectory.Ensure(path, PrivateMode);
        File.SetUnixFileMode(path, PrivateMode | UnixFileMode.OtherWrite);
        PrivateDirectory.Ensure(path + "/", PrivateMode);

        Assert.Equal(PrivateMode, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Each_level_of_a_path_gets_the_mode_and_what_is_there_keeps_its_own()
    {
        var before = File.GetUnixFileMode(_directory.File("."));

        DirectoryPath.Make(_directory.File("one/two/three/"), PrivateMode);
        DirectoryPath.Make(_directory.File("one/two"), PrivateMode | UnixFileMode.GroupRead);

        Assert.All(["one", "one/two", "one/two/three"], level => Assert.Equal(PrivateMode, File.GetUnixFileMode(_directory.File(level))));
        Assert.Equal(before, File.GetUnixFileMode(_directory.File(".")));
    }

    [Fact]
    public void A_link_or_file_in_the_place_of_a_private_directory_is_refused()
    {
        Directory.CreateDirectory(_directory.File("real"));
        Directory.CreateSymbolicLink(_directory.File("link"), _directory.File("real"));
        File.WriteAllText(_directory.File("file"), "");

        Assert.Throws<LinuxException>(() => PrivateDirectory.Ensure(_directory.File("link"), PrivateMode));
        Assert.Throws<LinuxException>(() => PrivateDirectory.Ensure(_directory.File("file"), PrivateMode));
    }

    [Fact]
    public void A_directory_of_another_user_is_refused()
    {
        var foreign = Users.EffectiveId == 0 ? _directory.File("foreign") : "/usr";
        if (Users.EffectiveId == 0)
        {
            Directory.CreateDirectory(foreign);
            Syscall.Check(VmTools.Linux.Libc.Native.ChangeOwner(foreign, 65534, 65534), "chown");
        }

        var error = Assert.Throws<LinuxException>(() => PrivateDirectory.Ensure(foreign, PrivateMode));

        Assert.Equal(Errno.EPERM, error.Errno);
        Assert.Contains("belongs to user", error.Message);
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>The runtime takes a lock of its own for most ways of opening.</summary>
    private static string ReadWithoutLock(string path)
    {
        using var file = FdHandle.Open(path, OpenFlags.ReadOnly);
        return ChildOutput.ReadAll(file);
    }
}
