using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace VmTools.Virtio.Vsock.HostStreams;

/// <summary>
/// The lines that open a stream on the host's side of the name space: a program asks <c>CONNECT &lt;port&gt;</c> and is
/// answered <c>OK &lt;port&gt;</c>; the device introduces a guest's connection with <c>PEER &lt;cid&gt; &lt;port&gt;</c>. Each ends
/// with a newline; what follows is the stream.
/// </summary>
internal static class ConnectLine
{
    /// <summary>Longest line, newline included.</summary>
    public const int MaxBytes = 32;

    private static ReadOnlySpan<byte> Verb => "CONNECT "u8;

    /// <summary>
    /// Judges the bytes at the start of a stream. <paramref name="length"/> is that of the whole line once it is there, so that
    /// exactly it is taken from the stream: the next byte is payload.
    /// </summary>
    public static ConnectLineState Read(ReadOnlySpan<byte> bytes, out uint port, out int length)
    {
        port = 0;
        length = 0;
        var common = Math.Min(bytes.Length, Verb.Length);
        if (!bytes[..common].SequenceEqual(Verb[..common]))
        {
            return ConnectLineState.Wrong;
        }

        var end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            return bytes.Length >= MaxBytes || !IsDigits(bytes[common..]) ? ConnectLineState.Wrong : ConnectLineState.Incomplete;
        }

        length = end + 1;
        var digits = end >= Verb.Length ? bytes[Verb.Length..end] : [];
        return length <= MaxBytes
            && IsDigits(digits)
            && Utf8Parser.TryParse(digits, out port, out var used)
            && used == digits.Length
            && port != uint.MaxValue
                ? ConnectLineState.Complete
                : ConnectLineState.Wrong;
    }

    public static ReadOnlySpan<byte> Accepted(uint port) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"OK {port}\n"));

    public static ReadOnlySpan<byte> Introduction(uint cid, uint port) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"PEER {cid} {port}\n"));

    private static bool IsDigits(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
}

/// <summary>What the bytes received so far say about a CONNECT line.</summary>
internal enum ConnectLineState
{
    Incomplete,
    Complete,
    Wrong,
}
