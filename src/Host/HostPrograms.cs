using VmTools.Host.CommandLine;
using VmTools.Host.GuestText;
using VmTools.Host.Vsh;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Terminals;

namespace VmTools.Host;

/// <summary>
/// The programs inside <c>vmtools</c>. The name of the link it was started by, or else the first argument, chooses one.
/// </summary>
internal static class HostPrograms
{
    private const int Failed = 1;
    private const int Usage = 2;

    private static readonly Dictionary<string, Func<string[], Task<int>>> Programs = new(StringComparer.Ordinal)
    {
        ["vmc"] = Vmc.VmcProgram.RunAsync,
        ["vsh"] = VshProgram.RunAsync,
        ["vmlog_forwarder"] = LogForwarder.LogForwarderDaemon.RunAsync,
        ["vm_cicerone"] = Cicerone.CiceroneDaemon.RunAsync,
        ["vm_concierge"] = Concierge.ConciergeDaemon.RunAsync,
    };

    public static Task<int> RunAsync(string[] args)
    {
        var link = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        if (Programs.TryGetValue(link, out var byLink))
        {
            return RunAsync(link, byLink, args);
        }

        if (args.Length > 0 && Programs.TryGetValue(args[0], out var byArgument))
        {
            return RunAsync(args[0], byArgument, args[1..]);
        }

        StandardWriter.Error().WriteLine($"vmtools: start it as one of: {string.Join(", ", Programs.Keys.Order())}.");
        return Task.FromResult(Usage);
    }

    /// <summary>An argument that is not UTF-8 would reach the program as another one: another file, another name.</summary>
    private static Task<int> RunAsync(string name, Func<string[], Task<int>> program, string[] args)
    {
        var isVsh = name == "vsh";
        if (ProgramArguments.FirstChanged(args) is not { } changed)
        {
            return new ProgramFrame(name, isVsh ? VshEnding.OwnFailure : Failed) { IsDaemon = name is not ("vmc" or "vsh") }.RunAsync(
                args, program);
        }

        StandardWriter.Error()
            .WriteLine($"{name}: The argument '{SafeText.ForCell(changed)}' is not UTF-8, and what is not cannot be passed on as it is. "
            + $"Give it in UTF-8.");
        return Task.FromResult(isVsh ? VshEnding.OwnFailure : Usage);
    }
}
