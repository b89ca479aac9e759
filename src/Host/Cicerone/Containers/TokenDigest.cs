using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace VmTools.Host.Cicerone.Containers;

/// <summary>SHA-256 of a container's secret: what a secret is recognised by, and what of it may be written down.</summary>
internal sealed class TokenDigest
{
    private readonly byte[] _hash;

    private TokenDigest(byte[] hash) => _hash = hash;

    public string Hex => Convert.ToHexStringLower(_hash);

    public static TokenDigest Of(string token) => new(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    public static bool TryParse(string? hex, [NotNullWhen(true)] out TokenDigest? digest)
    {
        digest = hex is { Length: 2 * SHA256.HashSizeInBytes } && hex.All(char.IsAsciiHexDigit)
            ? new TokenDigest(Convert.FromHexString(hex))
            : null;
        return digest is not null;
    }

    /// <summary>Takes as long for a wrong secret as for the right one.</summary>
    public bool Matches(TokenDigest other) => CryptographicOperations.FixedTimeEquals(_hash, other._hash);
}
