using System.Text;

namespace VmTools.Guest.Maitred.Network;

/// <summary>The text of /run/resolv.conf, to which the image links /etc/resolv.conf (resolv.conf(5)).</summary>
internal static class ResolvConf
{
    public const string FilePath = "/run/resolv.conf";

    /// <summary>Public resolvers until the host says better.</summary>
    public static readonly IReadOnlyList<string> DefaultServers =
        ["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"];

    public static string Text(IReadOnlyList<string> servers, IReadOnlyList<string> searchDomains)
    {
        var text = new StringBuilder();
        foreach (var server in servers.Count > 0 ? servers : DefaultServers)
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        if (searchDomains.Count > 0)
        {
            text.Append("search ").AppendJoin(' ', searchDomains).Append('\n');
        }

        return text.Append("options single-request timeout:1 attempts:5\n").ToString();
    }

    /// <summary>Whether a word can stand in the file without becoming another line or another word of it.</summary>
    public static bool IsWord(string word) =>
        word.Length is > 0 and <= 253 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '-' or '_' or '%');
}
