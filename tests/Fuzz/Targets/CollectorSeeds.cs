using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using VmTools.Protocol.Messages;

namespace VmTools.Fuzz.Targets;

/// <summary>Scripts for <see cref="CollectorTarget"/>, put together from messages as guests send them and as they should not.</summary>
internal static class CollectorSeeds
{
    private const byte User = 0;
    private const byte OtherVm = 1;
    private const byte NoVm = 2;
    private const byte Kernel = 4;
    private const byte Named = 8;

    private static readonly byte[] Second = [3, 50];
    private static readonly byte[] Stop = [0x20];

    public static IEnumerable<byte[]> All()
    {
        yield return [0, .. Call(User, Request("hello")), .. Call(Kernel, Request("a", "b")), .. Call(
            OtherVm, Request("VM(40): not mine"))];
        yield return [0, .. Call(Named, Request("once"), 1), .. Call(Named, Request("once"), 1), .. Call(Named, Request("twice"), 2)];
        yield return [0, .. Call(NoVm, Request("lost")), .. Call(0x18, Request("odd name"))];
        yield return [1, .. Call(User, Request([.. Enumerable.Range(0, 30).Select(number => $"{number}")])), .. Second, .. Call(
            User, Request("later"))];
        yield return [2, .. Call(User, Request([.. Enumerable.Range(0, 30).Select(number => $"a longer one {number}")])), .. Stop, .. Call(
            User, Request("later"))];
        yield return [15, .. Call(Kernel, Request("\u001b[31m\n\0", "\ufffe", new string('x', 600))), .. Call(Kernel, Request("rotated"))];
        yield return [0, .. Call(User, Request("vmlog_forwarder: 3 records (9 bytes) dropped: more than 1 records/s"))];
        yield return [0, .. Call(User, [0x0a, 0x7f, 0x1a, 0x03]), .. Call(User, [0x0b, 0x0c]), .. Call(
            User, [0x0a, 0x02, 0x1a, 0x00, 0x7a, 0x01, 0x41])];
    }

    /// <summary>Steps and messages for the mutator.</summary>
    public static IEnumerable<byte[]> Steps() =>
        [Second, Stop, Call(User, Request("x")), Call(Kernel | Named, Request("x"), 1), Request("y")];

    private static byte[] Call(byte step, byte[] request, byte? name = null)
    {
        var length = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)request.Length);
        byte[] named = (step & 0x18) == 0x18 ? Encoding.ASCII.GetBytes("00112233445566778899aabbccddeeff-123")
            : name is { } number ? [number]
            : [];
        return [step, .. named, .. length, .. request];
    }

    private static byte[] Request(params string[] texts) => new LogRequest
    {
        Records =
        {
            texts.Select(text => new LogRecord
            {
                Severity = LogSeverity.Info,
                Timestamp = new Timestamp { Seconds = 1795482123, Nanos = 5 },
                Content = ByteString.CopyFromUtf8(text),
            }),
        },
    }.ToByteArray();
}
