using VmTools.Protocol;

namespace VmTools.Host.Logs.Settings;

/// <summary>The command line of <c>vmlog_forwarder</c>, over what its file says.</summary>
internal sealed record ForwarderOptions(string Bus, LogSettings Settings)
{
    private const string BusOption = "bus";

    public static bool IsHelpWanted(IEnumerable<string> arguments) => arguments.Any(argument => argument is "--help" or "-h");

    /// <summary>A setting is given by its name, with <c>-</c> or <c>_</c> between the words.</summary>
    /// <exception cref="VmToolsException">An argument or a line of the file is wrong.</exception>
    public static ForwarderOptions Parse(IEnumerable<string> arguments, string bus, LogSettingsFile file)
    {
        var choice = new LogSettingsChoice();
        file.ReadInto(choice);
        foreach (var argument in arguments)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (!argument.StartsWith("--", StringComparison.Ordinal) || equals < 0)
            {
                throw LogSettingsChoice.Mistake(argument, "An option is of the form --name=value. 'vmlog_forwarder --help' lists them.");
            }

            var (name, value) = (argument[2..equals], argument[(equals + 1)..]);
            if (name != BusOption)
            {
                choice.Choose(name.Replace('-', '_'), value, argument[..equals]);
                continue;
            }

            bus = value.Length > 0 ? value : throw LogSettingsChoice.Mistake(argument, "The address of a bus must follow, as in --bus=unix:path=/run/user/1000/bus.");
        }

        return new ForwarderOptions(bus, choice.Settle());
    }
}
