using System.Globalization;
using System.Reflection;

namespace VmTools.Fuzz.Inputs;

/// <summary>
/// Seeds as text that can be read and reviewed: one a line, bytes that are not printable ASCII as \xNN, the backslash too.
/// </summary>
internal static class SeedFile
{
    public static IReadOnlyList<byte[]> Read(string name)
    {
        using var file = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return [.. file.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(BytesOf)];
    }

    private static byte[] BytesOf(string line)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\')
            {
                bytes.Add(byte.Parse(line.AsSpan(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 3;
            }
            else
            {
                bytes.Add((byte)line[i]);
            }
        }

        return [.. bytes];
    }
}
