using VmTools.Linux.Accounts;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>The variables a session's program starts with.</summary>
internal static class SessionEnvironment
{
    public const string DefaultPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

    /// <param name="inherited">vshd's own variables where the policy says so; they win over what the host asks for.</param>
    /// <param name="requested">The host's.</param>
    /// <param name="user">HOME and SHELL are always the user's; PATH, USER and LOGNAME only where neither of the others sets them.</param>
    public static Dictionary<string, string> Build(
        IEnumerable<KeyValuePair<string, string>> inherited, IEnumerable<KeyValuePair<string, string>> requested, UserEntry user)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in inherited)
        {
            variables.TryAdd(name, value);
        }

        foreach (var (name, value) in requested)
        {
            if (IsPossible(name, value))
            {
                variables.TryAdd(name, value);
            }
        }

        variables.TryAdd("TERM", "linux");
        variables.TryAdd("PATH", DefaultPath);
        variables.TryAdd("USER", user.Name);
        variables.TryAdd("LOGNAME", user.Name);
        variables["SHELL"] = ShellOf(user);
        variables["HOME"] = user.Home;
        return variables;
    }

    public static string ShellOf(UserEntry user) => user.Shell.Length > 0 ? user.Shell : "/bin/sh";

    /// <summary>The kernel's form is NAME=VALUE with a NUL at the end; what does not fit it cannot be given to a program.</summary>
    private static bool IsPossible(string name, string value) =>
        name.Length > 0 && !name.Contains('=') && !name.Contains('\0') && !value.Contains('\0');
}
