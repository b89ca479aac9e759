using VmTools.Crash.Cores;
using Xunit;

namespace VmTools.Unit.Crash.Cores;

/// <summary>Which files are cores of machines that are known here.</summary>
public sealed class ElfHeaderTests
{
    [Theory]
    [InlineData(2, 1, 4, 62, "")]
    [InlineData(1, 1, 4, 3, "")]
    [InlineData(2, 1, 4, 183, "")]
    [InlineData(2, 1, 2, 62, "The ELF file is no core; its type is 2.")]
    [InlineData(2, 2, 4, 62, "The core is of a big-endian machine.")]
    [InlineData(1, 1, 4, 62, "Cores of ELF class 1 and machine 62 are not understood.")]
    [InlineData(2, 1, 4, 243, "Cores of ELF class 2 and machine 243 are not understood.")]
    public void A_header_is_taken_or_refused_with_a_reason(byte elfClass, byte order, byte type, byte machine, string problem)
    {
        byte[] bytes = [0x7f, (byte)'E', (byte)'L', (byte)'F', elfClass, order, .. new byte[58]];
        (bytes[16], bytes[18]) = (type, machine);

        var isTaken = ElfHeader.TryRead(bytes, out _, out var said);

        Assert.Equal((problem.Length == 0, problem), (isTaken, said));
    }
}
