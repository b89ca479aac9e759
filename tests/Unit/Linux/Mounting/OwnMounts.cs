using System.Diagnostics;
using VmTools.Unit.DBus;
using Xunit;

namespace VmTools.Unit.Linux.Mounting;

/// <summary>Programs in a mount name space of their own, where the test may mount what it likes, also where it is not root.</summary>
internal static class OwnMounts
{
    /// <summary>Runs a script; its <c>exec</c> makes the process that is returned the one that matters.</summary>
    public static Process Start(string script)
    {
        string[] asRoot = TestBus.OwnUid == 0 ? [] : ["--user", "--map-root-user"];
        return Start(Find("unshare"), [.. asRoot, "--mount", "--propagation", "private", "sh", "-c", script]);
    }

    public static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })!;

    /// <summary>Without the program the test is skipped, and fails where everything has to be there.</summary>
    public static string Find(string program)
    {
        var path = Array.Find(["/usr/sbin", "/usr/bin", "/sbin", "/bin"], directory => File.Exists(Path.Combine(directory, program)));
        Require(path is not null, $"{program} is not installed.");
        return Path.Combine(path!, program);
    }

    public static void Require(bool isThere, string otherwise)
    {
        if (!isThere)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "1", otherwise);
            Assert.Skip(otherwise);
        }
    }

    public static async Task EndAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
