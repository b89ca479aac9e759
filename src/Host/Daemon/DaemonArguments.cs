using VmTools.Host.Settings;
using VmTools.Protocol;

namespace VmTools.Host.Daemon;

/// <summary>The command line of a daemon: <c>--bus=ADDRESS</c> and its settings, each by its name with <c>-</c> or <c>_</c> between the words.</summary>
internal sealed record DaemonArguments(string Program, IReadOnlyList<string> Arguments)
{
    private const string BusOption = "--bus=";

    public bool AskForHelp => Arguments.Any(argument => argument is "--help" or "-h");

    /// <summary>Makes the choices and returns the bus that was chosen, or <paramref name="usualBus"/>.</summary>
    /// <exception cref="VmToolsException">An argument is wrong.</exception>
    public string ReadInto<T>(SettingsChoice<T> choice, string usualBus)
        where T : class
    {
        var bus = usualBus;
        foreach (var argument in Arguments)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 && argument.StartsWith("--", StringComparison.Ordinal) && choice.BareOf(SettingOf(argument)) is { } bare)
            {
                choice.Choose(SettingOf(argument), bare, argument);
                continue;
            }

            if (!argument.StartsWith("--", StringComparison.Ordinal) || equals < 0)
            {
                throw SettingMistake.At(argument, $"An option is of the form --name=value. '{Program} --help' lists them.");
            }

            if (BusIn(argument) is { } chosen)
            {
                bus = chosen;
                continue;
            }

            choice.Choose(SettingOf(argument[..equals]), argument[(equals + 1)..], argument[..equals]);
        }

        return bus;
    }

    /// <summary>The bus that was chosen, or <paramref name="usualBus"/>, for a daemon without settings.</summary>
    /// <exception cref="VmToolsException">An argument is wrong.</exception>
    public string ReadBus(string usualBus) =>
        Arguments.Aggregate(usualBus, (_, argument) => BusIn(argument) ?? throw SettingMistake.At(argument, $"There is no such option. '{Program} --help' lists them."));

    /// <summary>Null where the argument is about something else.</summary>
    private static string? BusIn(string argument) =>
        !argument.StartsWith(BusOption, StringComparison.Ordinal) ? null
        : argument.Length > BusOption.Length ? argument[BusOption.Length..]
        : throw SettingMistake.At(argument, "The address of a bus must follow, as in --bus=unix:path=/run/user/1000/bus.");

    private static string SettingOf(string option) => option[2..].Replace('-', '_');
}
