namespace VmTools.Guest.Maitred.Boot;

/// <summary>The file /etc/hostname, which names a machine whose kernel command line does not (hostname(5)).</summary>
internal static class Hostname
{
    /// <summary>The first line that is neither blank nor a comment, trimmed; empty when there is none.</summary>
    public static string FromFile(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var name = line.Trim();
            if (name.Length > 0 && name[0] != '#')
            {
                return name;
            }
        }

        return "";
    }
}
