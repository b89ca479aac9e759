using VmTools.Host.Settings;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Daemon;

/// <summary>
/// The command line of a daemon: <c>--bus=ADDRESS</c> and its settings, each by its name with <c>-</c> or <c>_</c> between the words.
/// </summary>
internal sealed record DaemonArguments(string Program, IReadOnlyList<string> Arguments)
{
    public bool AskForHelp => Arguments.Any(argument => argument is "--help" or "-h");

    /// <summary>Makes the choices and returns the bus that was chosen, or <paramref name="usualBus"/>.</summary>
    /// <exception cref="VmToolsException">An argument is wrong.</exception>
    public string ReadInto<T>(SettingsChoice<T> choice, string usualBus)
        where T : class
    {
        var bus = usualBus;
        foreach (var argument in Arguments)
        {
            if (!Flag.TryRead(argument, out var flag) || flag.Dashes < 2)
            {
                throw NoOption(argument);
            }

            if (BusIn(flag) is { } chosen)
            {
                bus = chosen;
                continue;
            }

            var setting = flag.Name.Replace('-', '_');
            choice.Choose(setting, flag.Value ?? choice.BareOf(setting) ?? throw NoOption(argument), flag.Option);
        }

        return bus;
    }

    /// <summary>The bus that was chosen, or <paramref name="usualBus"/>, for a daemon without settings.</summary>
    /// <exception cref="VmToolsException">An argument is wrong.</exception>
    public string ReadBus(string usualBus) =>
        Arguments.Aggregate(usualBus, (_, argument) => Flag.TryRead(argument, out var flag) && BusIn(flag) is { } chosen
            ? chosen
            : throw SettingMistake.At(argument, $"There is no such option. '{Program} --help' lists them."));

    private VmToolsException NoOption(string argument) =>
        SettingMistake.At(argument, $"An option is of the form --name=value. '{Program} --help' lists them.");

    /// <summary>The bus that the option names; null where it is another option.</summary>
    private static string? BusIn(Flag flag) => flag switch
    {
        { Dashes: 2, Name: "bus", Value.Length: > 0 } => flag.Value,
        { Dashes: 2, Name: "bus", Value: "" } =>
            throw SettingMistake.At(flag.Word, "The address of a bus must follow, as in --bus=unix:path=/run/user/1000/bus."),
        _ => null,
    };
}
