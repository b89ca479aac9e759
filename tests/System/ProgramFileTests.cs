using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>How the programs are linked (docs/decisions/program-start.md).</summary>
public sealed class ProgramFileTests
{
    private const ushort Executable = 2;
    private const ushort SharedObject = 3;

    [Theory]
    [InlineData("vmtools", SharedObject)]
    [InlineData("vm_vsock", SharedObject)]
    [InlineData("vmtools-client", Executable)]
    public void What_reads_from_guests_is_placed_at_random_and_what_users_wait_for_is_not(string program, ushort type)
    {
        using var file = File.OpenRead(Path.Combine(Repository.Programs, program));
        var head = new byte[18];
        file.ReadExactly(head);

        // e_type of elf(5).
        Assert.Equal(type, BitConverter.ToUInt16(head, 16));
    }

    [Fact]
    public void The_device_has_nothing_in_it_that_it_never_runs() =>
        Assert.InRange(new FileInfo(Path.Combine(Repository.Programs, "vm_vsock")).Length, 1, 5L << 20);
}
