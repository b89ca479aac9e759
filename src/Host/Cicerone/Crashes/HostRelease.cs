using VmTools.Host.GuestText;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>The name of this machine's operating system (os-release(5)).</summary>
internal static class HostRelease
{
    private const string Key = "PRETTY_NAME=";
    private const int MostBytes = 256;

    private static readonly string[] Places = ["/etc/os-release", "/usr/lib/os-release"];

    /// <summary>What has no name is a Linux.</summary>
    public static string Read()
    {
        var place = Places.FirstOrDefault(File.Exists);
        var line = place is null ? null : File.ReadLines(place).FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? "Linux" : SafeText.ForFile(line[Key.Length..].Trim('"', '\''), MostBytes);
    }
}
