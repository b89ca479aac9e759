using VmTools.Host.Vmc.Cli;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Machines;

/// <summary>The program <c>vsh</c> that stands beside vmc.</summary>
internal static class VshProcess
{
    public static string PathOf(VmcContext context) => Path.Combine(context.Instance.ProgramDirectory, "vsh");

    /// <summary>vmc is vsh from here on, so that terminal, signals and exit code are vsh's own.</summary>
    public static int Become(VmcContext context, IReadOnlyList<string> arguments)
    {
        try
        {
            Processes.Become(PathOf(context), ["vsh", .. arguments]);
            return ExitCode.Failed;
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(
                ErrorKind.Unavailable, $"vsh cannot be run: {refused.Message}. It belongs beside vmc, in {context.Instance.ProgramDirectory}.", refused);
        }
    }
}
