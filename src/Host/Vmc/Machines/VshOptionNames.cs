using System.CommandLine;

namespace VmTools.Host.Vmc.Machines;

/// <summary>The options of vsh that the verbs which run it take.</summary>
internal sealed class VshOptionNames
{
    private readonly Option<string?> _user = new("--user") { Description = "Who to be in the VM; its usual user when absent.", HelpName = "USER" };
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
