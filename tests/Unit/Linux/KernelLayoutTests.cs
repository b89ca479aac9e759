using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmTools.Linux;
using VmTools.Linux.Libc;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Linux;

/// <summary>The sizes and offsets that the kernel and the C library were built with; a mistake here corrupts memory.</summary>
public sealed class KernelLayoutTests
{
    [Fact]
    public void Structures_have_the_sizes_of_the_64_bit_interface()
    {
        Assert.Equal(16, Unsafe.SizeOf<IoVector>());
        Assert.Equal(56, Unsafe.SizeOf<MessageHeader>());
        Assert.Equal(16, Unsafe.SizeOf<ControlHeader>());
        Assert.Equal(256, Unsafe.SizeOf<StatxBuffer>());
        Assert.Equal(32, Unsafe.SizeOf<TimerSetting>());
        Assert.Equal(12, Unsafe.SizeOf<PeerCredentials>());
        Assert.Equal(128, Unsafe.SizeOf<SignalInformation>());
        Assert.Equal(60, Unsafe.SizeOf<TerminalSetting>());
        Assert.Equal(8, Unsafe.SizeOf<WindowSize>());
        Assert.Equal(16, Unsafe.SizeOf<VsockSocketAddress>());
        Assert.Equal(8, Unsafe.SizeOf<SeccompInstruction>());
        Assert.Equal(16, Unsafe.SizeOf<SeccompProgram>());
    }

    [Theory]
    [InlineData(nameof(MessageHeader.NameLength), 8)]
    [InlineData(nameof(MessageHeader.Vectors), 16)]
    [InlineData(nameof(MessageHeader.VectorCount), 24)]
    [InlineData(nameof(MessageHeader.Control), 32)]
    [InlineData(nameof(MessageHeader.ControlLength), 40)]
    [InlineData(nameof(MessageHeader.Flags), 48)]
    public void Message_header_fields_lie_where_recvmsg_expects_them(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<MessageHeader>(field));

    [Theory]
    [InlineData(nameof(ControlHeader.Length), 0)]
    [InlineData(nameof(ControlHeader.Level), 8)]
    [InlineData(nameof(ControlHeader.Type), 12)]
    public void Control_header_fields_lie_where_cmsg_expects_them(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<ControlHeader>(field));

    [Fact]
    public void Fields_that_the_kernel_fills_lie_where_it_puts_them()
    {
        Assert.Equal(20, (int)Marshal.OffsetOf<StatxBuffer>(nameof(StatxBuffer.Uid)));
        Assert.Equal(28, (int)Marshal.OffsetOf<StatxBuffer>(nameof(StatxBuffer.Mode)));
        Assert.Equal(40, (int)Marshal.OffsetOf<StatxBuffer>(nameof(StatxBuffer.Size)));
        Assert.Equal(8, (int)Marshal.OffsetOf<SignalInformation>(nameof(SignalInformation.Code)));
        Assert.Equal(16, (int)Marshal.OffsetOf<SignalInformation>(nameof(SignalInformation.Pid)));
        Assert.Equal(24, (int)Marshal.OffsetOf<SignalInformation>(nameof(SignalInformation.Status)));
        Assert.Equal(17, (int)Marshal.OffsetOf<TerminalSetting>(nameof(TerminalSetting.Characters)));
        Assert.Equal(4, (int)Marshal.OffsetOf<VsockSocketAddress>(nameof(VsockSocketAddress.Port)));
        Assert.Equal(8, (int)Marshal.OffsetOf<VsockSocketAddress>(nameof(VsockSocketAddress.Cid)));
    }

    [Theory]
    [InlineData(Architecture.X64, 12)]
    [InlineData(Architecture.Arm64, 16)]
    public void An_epoll_event_is_packed_on_x86_64_alone(Architecture architecture, int size) =>
        Assert.Equal(size, Kernel.EpollEventSize(architecture));

    [Fact]
    public void Open_flags_follow_the_numbers_of_the_processor()
    {
        const OpenFlags Flags = OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.Create;

        Assert.Equal(0x30040, Kernel.OpenFlagsOf(Flags, Architecture.X64));
        Assert.Equal(0xC040, Kernel.OpenFlagsOf(Flags, Architecture.Arm64));
        Assert.Equal(0x10000, Kernel.OpenFlagsOf(OpenFlags.Direct, Architecture.Arm64));
    }
}
