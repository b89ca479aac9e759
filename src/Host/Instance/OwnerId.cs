using System.Security.Cryptography;
using System.Text;

namespace VmTools.Host.Instance;

/// <summary>The hash naming the host user whose VMs these are. Only hexadecimal digits, so it is safe as a directory name.</summary>
internal readonly record struct OwnerId
{
    /// <summary>A directory name must stay below the kernel's 255 bytes.</summary>
    public const int MaxLength = 128;

    private OwnerId(string value) => Value = value;

    public string Value { get; }

    /// <summary>The owner id of a host user, the same for every program of this project.</summary>
    public static OwnerId ForUser(uint uid) =>
        new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"vmtools owner {uid}")))[..40]);

    public static bool TryParse(string? text, out OwnerId owner)
    {
        owner = default;
        if (text is not { Length: > 0 and <= MaxLength } || !text.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        owner = new OwnerId(text);
        return true;
    }

    public override string ToString() => Value;
}
