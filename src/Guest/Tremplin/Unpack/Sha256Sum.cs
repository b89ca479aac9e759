using System.Text;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>
/// The SHA-256 of bytes that pass by, by Debian's sha256sum: the runtime's own needs OpenSSL within our process.
/// </summary>
internal sealed class Sha256Sum(ToolRun tools) : IDisposable
{
    public const int HexDigits = 64;

    private readonly FilterTool _tool = new(["sha256sum"], tools);

    public void Add(ReadOnlySpan<byte> bytes) => _tool.TryWrite(bytes);

    /// <summary>Of all that was added, as hexadecimal digits.</summary>
    public string Finish()
    {
        _tool.EndInput();
        var text = new byte[HexDigits * 2];
        var length = 0;
        while (length < text.Length && _tool.Read(text.AsSpan(length)) is > 0 and var count)
        {
            length += count;
        }

        _tool.ExpectSuccess();
        return Encoding.ASCII.GetString(text, 0, Math.Min(length, HexDigits));
    }

    public void Dispose() => _tool.Dispose();
}
