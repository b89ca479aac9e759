namespace VmTools.Host;

/// <summary>
/// The programs inside <c>vmtools</c>. The name of the link it was started by, or else the first argument, chooses one.
/// </summary>
internal static class HostPrograms
{
    private static readonly Dictionary<string, Func<string[], Task<int>>> Programs = new(StringComparer.Ordinal)
    {
        ["vmc"] = Vmc.VmcProgram.RunAsync,
        ["vsh"] = Vsh.VshProgram.RunAsync,
        ["vmlog_forwarder"] = Logs.LogForwarderDaemon.RunAsync,
        ["vm_cicerone"] = Cicerone.CiceroneDaemon.RunAsync,
        ["vm_concierge"] = Concierge.ConciergeDaemon.RunAsync,
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var link = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        if (Programs.TryGetValue(link, out var byLink))
        {
            return await byLink(args);
        }

        if (args.Length > 0 && Programs.TryGetValue(args[0], out var byArgument))
        {
            return await byArgument(args[1..]);
        }

        await Console.Error.WriteLineAsync($"vmtools: start it as one of: {string.Join(", ", Programs.Keys.Order())}.");
        return 2;
    }
}
