using System.Text;
using VmTools.Guest.CrashCollector;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Facts;

public sealed class SnapshotReaderTests : IDisposable
{
    private const string Container = "4026532999";

    private readonly FakeProc _proc = new();

    public SnapshotReaderTests()
    {
        _proc.Write("vm/etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n");
        _proc.Add(40, parent: 1);
    }

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void A_process_of_the_VM_is_read_as_it_is()
    {
        using var snapshot = Read(Notice(40));

        Assert.Equal("/usr/bin/victim", snapshot.Executable);
        Assert.Equal("/usr/bin/victim\0--flag\0", Encoding.ASCII.GetString(snapshot.CommandLine));
        Assert.Equal("HOME=/root\0TOKEN=(left out)\0", Encoding.ASCII.GetString(snapshot.Environ));
        Assert.Equal(TimeSpan.FromSeconds(600), snapshot.Age);
        Assert.Equal(("Debian GNU/Linux 13 (trixie)", "", false), (snapshot.VmRelease, snapshot.ContainerRelease, snapshot.IsInContainer));
        Assert.Equal("victim", snapshot.ThreadNames[40]);
    }

    [Fact]
    public void A_container_has_its_own_release_and_numbers()
    {
        _proc.Add(50, parent: 40, name: "inside", pidSpace: Container, innerIds: "50\t7");
        _proc.Write("50/task/50/root/etc/os-release", "PRETTY_NAME='Alpine'\n");

        using var snapshot = Read(Notice(50, inner: 7));

        Assert.Equal(("Alpine", true), (snapshot.ContainerRelease, snapshot.IsInContainer));
        Assert.Equal("inside", snapshot.ThreadNames[7]);
        Assert.Equal("PRETTY_NAME='Alpine'\n", Encoding.ASCII.GetString(snapshot.OsRelease));
    }

    [Theory]
    [InlineData("../../../vm/etc/os-release")]
    [InlineData("/vm/etc/os-release")]
    public void A_link_in_a_container_does_not_lead_out_of_it(string target)
    {
        _proc.Add(50, parent: 40, pidSpace: Container);
        Directory.CreateDirectory(_proc.PathOf("50/task/50/root/etc"));
        File.CreateSymbolicLink(_proc.PathOf("50/task/50/root/etc/os-release"), target);

        using var snapshot = Read(Notice(50, inner: 7));

        Assert.Equal("", snapshot.ContainerRelease);
    }

    [Fact]
    public void A_FIFO_in_a_container_is_not_waited_for()
    {
        _proc.Add(50, parent: 40, pidSpace: Container);
        Directory.CreateDirectory(_proc.PathOf("50/task/50/root/etc"));
        using var made = System.Diagnostics.Process.Start("mkfifo", _proc.PathOf("50/task/50/root/etc/os-release"));
        made.WaitForExit();

        using var snapshot = Read(Notice(50, inner: 7));

        Assert.Equal((0, "", true), (made.ExitCode, snapshot.ContainerRelease, snapshot.IsInContainer));
    }

    [Fact]
    public void A_process_that_is_gone_leaves_the_name_the_kernel_gave()
    {
        using var snapshot = Read(Notice(99) with { Executable = "/opt/gone" });

        Assert.Equal(("/opt/gone", 0, ""), (snapshot.Executable, snapshot.Maps.Length, snapshot.ProcessTree));
    }

    [Fact]
    public void Where_the_thread_that_died_is_not_listed_the_process_is_asked()
    {
        using var snapshot = Read(Notice(40) with { Tid = 41 });

        Assert.Equal("auxv", Encoding.ASCII.GetString(snapshot.Auxv));
    }

    [Fact]
    public void Files_are_opened_by_what_is_mapped()
    {
        _proc.Write("40/task/40/maps", """
            00400000-00401000 r--p 00000000 fe:01 12 /usr/bin/victim
            00401000-00402000 r-xp 00001000 fe:01 12 /usr/bin/victim
            7f0000000000-7f0000001000 rw-p 00000000 00:00 0 [stack]
            7f0000002000-7f0000003000 r--s 00000000 00:05 77 /dev/zero
            7f0000004000-7f0000005000 r--p 00000000 fe:01 13 /usr/lib/a b.so (deleted)

            """);
        _proc.Write("file", "ELF");
        Directory.CreateDirectory(_proc.PathOf("40/map_files"));
        File.CreateSymbolicLink(_proc.PathOf("40/map_files/400000-401000"), _proc.PathOf("file"));
        File.CreateSymbolicLink(_proc.PathOf("40/map_files/7f0000002000-7f0000003000"), "/dev/zero");
        File.CreateSymbolicLink(_proc.PathOf("40/map_files/7f0000004000-7f0000005000"), _proc.PathOf("file"));

        using var snapshot = Read(Notice(40));

        Assert.Equal([0x400000ul, 0x7f0000004000ul], snapshot.MappedFiles.Keys.Order());
        Assert.Equal("ELF"u8.ToArray(), MappedFiles.ReadStart(snapshot.MappedFiles, 0x400000));
        Assert.Null(MappedFiles.ReadStart(snapshot.MappedFiles, 0x7f0000002000));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("x-y r--p 00000000 fe:01 12 /usr/bin/victim")]
    [InlineData("00400000 r--p 00000000 fe:01 12 /usr/bin/victim")]
    [InlineData("00400000-00401000 r--p 00000000 fe:01 12")]
    [InlineData("00400000-00401000 r--p 00000000 fe:01 12 [vdso]")]
    [InlineData("00400000-00401000/../../../etc r--p 00000000 fe:01 12 /x")]
    public void A_line_that_maps_no_start_of_a_file_has_no_range(string line) => Assert.False(MappedFiles.TryRange(line, out _, out _));

    private ProcessSnapshot Read(CrashNotice notice) => new SnapshotReader(_proc.Root, _proc.PathOf("vm")).Read(notice);

    private static CrashNotice Notice(int pid, int? inner = null) => new()
    {
        Pid = pid,
        InnerPid = inner ?? pid,
        Signal = (int)Signal.Segv,
        Uid = 0,
        Gid = 0,
        DumpMode = 1,
        Tid = pid,
        Executable = "/usr/bin/victim",
    };

    [Theory]
    [InlineData("0::/lxc.payload.penguin/init.scope\n", "penguin")]
    [InlineData("0::/lxc.payload.penguin\n", "penguin")]
    [InlineData("0::/user.slice\n", "")]
    [InlineData("0::/a/lxc.payload.penguin\n", "")]
    [InlineData("0::/lxc.payload.../x\n", "")]
    [InlineData("", "")]
    public void The_container_is_read_from_its_cgroup(string text, string container) =>
        Assert.Equal(container, SnapshotReader.ContainerOf(text));
}
