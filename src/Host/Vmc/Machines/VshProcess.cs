using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
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
                ErrorKind.Unavailable,
                    $"vsh cannot be run: {refused.Message}. It belongs beside vmc, in {context.Instance.ProgramDirectory}.", refused);
        }
    }
}

/// <summary>The options of vsh that the verbs which run it take.</summary>
internal sealed class VshOptionNames
{
    private readonly Option<string?> _user = new("--user")
    {
        Description = "Who to be in the VM; its usual user when absent.",
        HelpName = "USER"
    };
    private readonly Option<string?> _directory = new("--cwd") { Description = "Where to begin in the VM.", HelpName = "DIR" };

    public void AddTo(Command verb)
    {
        verb.Add(_user);
        verb.Add(_directory);
    }

    public IEnumerable<string> Read(ParseResult parsed)
    {
        foreach (var option in (Option<string?>[])[_user, _directory])
        {
            if (parsed.GetValue(option) is { } value)
            {
                yield return $"{option.Name}={value}";
            }
        }
    }
}
