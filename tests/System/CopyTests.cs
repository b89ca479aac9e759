using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary><c>vmc exec</c> and <c>vmc cp</c> on a real VM.</summary>
public sealed class CopyTests(ShellTests.OwnMachine machine) : MachineTests, IClassFixture<ShellTests.OwnMachine>
{
    private Sandbox Sandbox => machine.Sandbox;

    [Fact]
    public async Task A_command_by_vmc_exec_has_its_own_output_and_code()
    {
        var result = await Sandbox.VmcAsync("exec", Machine.Vm, "--", "sh", "-c", "echo $GREETING; exit 42");
        var withVariable = await Sandbox.VmcAsync(
            "exec", "--user", "root", Machine.Vm, "--", "GREETING=hello", "sh", "-c", "echo $GREETING; id -u");

        Assert.Equal((42, "\n"), (result.Code, result.Output));
        Assert.Equal((0, "hello\n0\n"), (withVariable.Code, withVariable.Output));
    }

    [Fact]
    public async Task A_directory_goes_in_and_comes_back_with_modes_and_links()
    {
        var source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "source")).FullName;
        Directory.CreateDirectory(Path.Combine(source, "-inner dir"));
        await File.WriteAllTextAsync(Path.Combine(source, "-inner dir", "script ä"), "#!/bin/sh\n", Cancel);
        File.SetUnixFileMode(Path.Combine(source, "-inner dir", "script ä"), (UnixFileMode)0b111_101_001);
        File.CreateSymbolicLink(Path.Combine(source, "link"), "-inner dir/script ä");
        var back = Path.Combine(Sandbox.Directory, "back");

        var sent = await Sandbox.VmcAsync("cp", source, $"{Machine.Vm}:/tmp/copied");
        var again = await Sandbox.VmcAsync("cp", source, $"{Machine.Vm}:/tmp");
        var fetched = await Sandbox.VmcAsync("cp", $"{Machine.Vm}:/tmp/copied", back);

        Assert.Equal(("", 0), (sent.Errors, sent.Code));
        Assert.Equal(("", 0), (fetched.Errors, fetched.Code));
        Assert.Equal(0, again.Code);
        Assert.Equal("751 -inner dir/script ä\n", await Sandbox.InGuestAsync(Machine.Vm, "cd /tmp/source; stat -c '%a %n' -- */*"));
        Assert.Equal((UnixFileMode)0b111_101_001, File.GetUnixFileMode(Path.Combine(back, "-inner dir", "script ä")));
        Assert.Equal("-inner dir/script ä", new FileInfo(Path.Combine(back, "link")).LinkTarget);
        Assert.Equal(0, (await Sandbox.VmcAsync("cp", $"{Machine.Vm}:/tmp/copied", back)).Code);
        Assert.Contains(
            "is there already", (await Sandbox.VmcAsync("cp", $"{Machine.Vm}:/tmp/copied", back)).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_replaces_a_file_on_both_sides_and_nothing_else_is_left()
    {
        var place = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "files")).FullName;
        var file = Path.Combine(place, "--note");
        await File.WriteAllTextAsync(file, "first", Cancel);
        await Sandbox.VmcAsync("cp", file, $"{Machine.Vm}:/tmp/note");
        await File.WriteAllTextAsync(file, "second", Cancel);

        var sent = await Sandbox.VmcAsync("cp", file, $"{Machine.Vm}:/tmp/note");
        var fetched = await Sandbox.VmcAsync("cp", $"{Machine.Vm}:/tmp/note", file);

        Assert.Equal(("", 0), (sent.Errors, sent.Code));
        Assert.Equal(("", 0), (fetched.Errors, fetched.Code));
        Assert.Equal("second", await Sandbox.InGuestAsync(Machine.Vm, "cat /tmp/note; ls -d /tmp/.vmc-* 2>/dev/null || true"));
        Assert.Equal("second", await File.ReadAllTextAsync(file, Cancel));
        Assert.Equal([file], Directory.GetFileSystemEntries(place));
    }

    [Fact]
    public async Task What_cannot_be_copied_is_told_and_leaves_nothing()
    {
        var place = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "refused")).FullName;
        await Sandbox.InGuestAsync(Machine.Vm, "mkdir -p /tmp/odd; mkfifo /tmp/odd/pipe 2>/dev/null; chmod 755 /tmp/odd");

        await FailsAsync("There is no file or directory '/nowhere' in the VM", "cp", $"{Machine.Vm}:/nowhere", place);
        await FailsAsync("There is no directory '/nowhere' in the VM", "cp", "/etc/hostname", $"{Machine.Vm}:/nowhere/file");
        await FailsAsync("There is no file or directory '/nowhere'", "cp", "/nowhere", $"{Machine.Vm}:");
        await FailsAsync("is a device, pipe or socket", "cp", $"{Machine.Vm}:/tmp/odd", place);
        await FailsAsync("is neither a file nor a directory", "cp", $"{Machine.Vm}:/dev/null", place);
        await FailsAsync(
            $"'/etc/hostname' was not copied to '{Machine.Vm}:/proc/1/x', or not all of it", "cp", "/etc/hostname",
            $"{Machine.Vm}:/proc/1/x");
        await FailsAsync("VM 'nosuch' is not running", "cp", "nosuch:/etc/hostname", place);
        Assert.Empty(Directory.GetFileSystemEntries(place));
    }

    [Fact]
    public async Task A_set_user_id_bit_of_a_guest_does_not_arrive()
    {
        var place = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "bits")).FullName;
        await Sandbox.InGuestAsync(Machine.Vm, "cp /bin/true /tmp/suid; chown 0 /tmp/suid; chmod 6755 /tmp/suid");

        await Sandbox.VmcAsync("cp", $"{Machine.Vm}:/tmp/suid", place);

        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(Path.Combine(place, "suid")));
    }

    private async Task FailsAsync(string sentence, params string[] arguments)
    {
        var result = await Sandbox.VmcAsync(arguments);

        Assert.True(result.Code == 1, result.ToString());
        Assert.Contains(sentence, result.Errors, StringComparison.Ordinal);
    }
}
