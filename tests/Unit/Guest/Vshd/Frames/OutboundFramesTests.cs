using CsCheck;
using VmTools.Guest.Vshd.Frames;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Frames;

public sealed class OutboundFramesTests
{
    [Fact]
    public void Data_of_any_length_becomes_messages_as_the_library_would_write_them() =>
        Gen.Int[0, OutboundFrames.MaxBatch].Sample(length => Check(length).GetAwaiter().GetResult(), iter: 50);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(119)]
    [InlineData(120)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(VshFrame.MaxDataBytes - 1)]
    [InlineData(VshFrame.MaxDataBytes)]
    [InlineData(VshFrame.MaxDataBytes + 1)]
    [InlineData(OutboundFrames.MaxBatch)]
    public Task The_edges_of_length_prefixes_are_right(int length) => Check(length);

    private static async Task Check(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);

        var sent = await Written(frames => frames.AddData(OutputStream.Error, data));

        using var received = new MemoryStream();
        foreach (var payload in FramesIn(sent))
        {
            var message = HostMessage.Parser.ParseFrom(payload);
            Assert.Equal(payload, Google.Protobuf.MessageExtensions.ToByteArray(message));
            Assert.Equal(StdioStream.StderrStream, message.DataMessage.Stream);
            message.DataMessage.Data.WriteTo(received);
        }

        Assert.Equal(data, received.ToArray());
    }

    private static IEnumerable<byte[]> FramesIn(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var length = BitConverter.ToInt32(bytes, at);
            Assert.InRange(length, 1, VshFrame.MaxMessageBytes);
            yield return bytes[(at + 4)..(at + 4 + length)];
            at += 4 + length;
        }
    }

    private static async Task<byte[]> Written(Action<OutboundFrames> add)
    {
        await using var loop = new FdLoop("frames test", TimeProvider.System);
        var (near, far) = UnixSocket.Pair();
        using var ours = far;
        Fd.SetNonBlocking(near, true);
        Fd.SetNonBlocking(far, true);
        using var received = new MemoryStream();
        await loop.RunAsync(async () =>
        {
            await Task.CompletedTask;
            using var connection = loop.Watch(near, new LoopSignal(loop));
            using var frames = new OutboundFrames();
            Assert.True(frames.HasRoomForBatch);
            add(frames);
            while (!frames.IsEmpty)
            {
                Assert.True(frames.Flush(connection));
                Drain(ours, received);
            }
        });
        return received.ToArray();
    }

    /// <summary>A batch is more than a socket holds.</summary>
    private static void Drain(FdHandle socket, MemoryStream to)
    {
        var buffer = new byte[65536];
        while (Fd.TryRead(socket, buffer, out var count) == Errno.None && count > 0)
        {
            to.Write(buffer, 0, count);
        }
    }
}
