using System.Security.Cryptography;

namespace VmTools.Host.Cicerone.Containers;

/// <summary>The secret by which a container is known from one start to its end: 128 random bits.</summary>
internal static class ContainerToken
{
    private const int Bytes = 16;

    public static string Make() => RandomNumberGenerator.GetHexString(2 * Bytes, lowercase: true);
}
