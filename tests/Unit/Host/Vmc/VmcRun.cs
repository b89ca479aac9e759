using VmTools.Host.Instance;
using VmTools.Host.Vmc;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Unit.Host.Vmc;

/// <summary>One run of vmc with a world of the test's own, and what came of it.</summary>
internal sealed record VmcRun(int Code, string Output, string Error)
{
    internal static Task<VmcRun> OfAsync(params string[] args) => OfAsync(InstanceWith([]), args, CancellationToken.None);

    internal static async Task<VmcRun> OfAsync(HostInstance instance, string[] args, CancellationToken cancel, string input = "")
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var reader = new StringReader(input);
        var code = await VmcProgram.RunAsync(
            args, new VmcContext(instance, new VmcConsole(output, TextWriter.Synchronized(error), reader)), cancel);
        return new VmcRun(code, output.ToString(), error.ToString());
    }

    /// <summary>An instance in directories that do not exist, with exactly this environment.</summary>
    internal static HostInstance InstanceWith(Dictionary<string, string> environment, string root = "/nonexistent") =>
        new(1000, new InstanceDirectories($"{root}/run", $"{root}/state", $"{root}/image"), $"{root}/bin", TimeProvider.System)
        {
            Environment = environment.GetValueOrDefault,
        };
}
