using VmTools.Host.Daemon;
using VmTools.Host.Settings;
using VmTools.Protocol;

namespace VmTools.Host.LogForwarder.Settings;

/// <summary>The command line of <c>vmlog_forwarder</c>, over what its file says.</summary>
internal sealed record ForwarderOptions(string Bus, LogSettings Settings)
{
    public const string Program = "vmlog_forwarder";

    public static SettingsFile FileOf(uint uid, Func<string, string?> environment) =>
        SettingsFile.Of("logs.conf", "VMTOOLS_LOGS_CONF", uid, environment);

    /// <exception cref="VmToolsException">An argument or a line of the file is wrong, or the settings do not go together.</exception>
    public static ForwarderOptions Parse(IReadOnlyList<string> arguments, string bus, SettingsFile file)
    {
        var choice = new SettingsChoice<LogSettings>(LogSetting.All, LogSettings.Default);
        file.ReadInto(choice);
        bus = new DaemonArguments(Program, arguments).ReadInto(choice, bus);
        var (least, all) = (choice.Chosen.Files.MaxFileBytes, choice.Chosen.Files.MaxVmBytes);
        var place = choice.PlaceOf("max_vm_bytes") ?? choice.PlaceOf("max_file_bytes");
        return place is null || all >= least
            ? new ForwarderOptions(bus, choice.Chosen)
            : throw SettingMistake.At(place, $"max_vm_bytes ({all}) must be at least max_file_bytes ({least}).");
    }
}
