using System.Buffers.Text;
using System.Text;

namespace VmTools.Host.Vms;

/// <summary>
/// What a user calls a VM: any text of 1 to 60 bytes on one line. It becomes a file name only as base64url with padding, so that no
/// name can leave its directory.
/// </summary>
internal readonly record struct VmName
{
    /// <summary>Keeps the longest socket path built from a name below the kernel's 107 bytes.</summary>
    public const int MaxBytes = 60;

    private VmName(string value) => Value = value;

    public string Value { get; }

    public string FileName
    {
        get
        {
            var plain = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Value));
            return plain.PadRight((plain.Length + 3) / 4 * 4, '=');
        }
    }

    public static bool TryParse(string? text, out VmName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text.Any(IsRefused) || Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            return false;
        }

        name = new VmName(text);
        return true;
    }

    /// <summary>Reads a name back from a file name; missing padding is tolerated.</summary>
    public static bool TryFromFileName(string fileName, out VmName name)
    {
        name = default;
        var plain = fileName.TrimEnd('=');
        return Base64Url.IsValid(plain)
            && TryParse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(plain)), out name);
    }

    public override string ToString() => Value;

    /// <summary>What would be a second line or a command to a terminal, wherever the name is shown.</summary>
    private static bool IsRefused(char letter) => char.IsControl(letter) || letter is '\u2028' or '\u2029';
}
