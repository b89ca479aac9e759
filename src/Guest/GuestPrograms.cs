using VmTools.Guest.CrashCollector;
using VmTools.Guest.Garcon;
using VmTools.Guest.Maitred;
using VmTools.Guest.Syslog;
using VmTools.Guest.Tremplin;
using VmTools.Guest.Vshd;

namespace VmTools.Guest;

/// <summary>
/// The programs inside <c>vmtools-guest</c>. The name of the link it was started by, or else the first argument, chooses one.
/// </summary>
internal static class GuestPrograms
{
    private static readonly Dictionary<string, Func<string[], Task<int>>> Programs = new(StringComparer.Ordinal)
    {
        ["crash_collector"] = CrashCollectorProgram.RunAsync,
        ["garcon"] = GarconProgram.RunAsync,
        ["maitred"] = MaitredProgram.RunAsync,
        ["tremplin"] = TremplinProgram.RunAsync,
        ["vm_syslog"] = SyslogProgram.RunAsync,
        ["vshd"] = VshdProgram.RunAsync,
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var link = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        if (Programs.TryGetValue(link, out var byLink))
        {
            return await byLink(args);
        }

        // The kernel starts the first process by whatever name the initramfs has for it.
        if (Environment.ProcessId == 1)
        {
            return await MaitredProgram.RunAsync(args);
        }

        if (args.Length > 0 && Programs.TryGetValue(args[0], out var byArgument))
        {
            return await byArgument(args[1..]);
        }

        await Console.Error.WriteLineAsync($"vmtools-guest: start it as one of: {string.Join(", ", Programs.Keys.Order())}.");
        return 2;
    }
}
