using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Daemon;
using VmTools.Host.Settings;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone;

/// <summary>The command line of <c>vm_cicerone</c>, over what its file says.</summary>
internal sealed record CiceroneOptions(string Bus, CrashSettings Crashes)
{
    public const string Program = "vm_cicerone";

    /// <exception cref="VmToolsException">An argument or a line of the file is wrong, or the settings do not go together.</exception>
    public static CiceroneOptions Parse(IReadOnlyList<string> arguments, string bus, SettingsFile file)
    {
        var choice = new SettingsChoice<CrashSettings>(CrashSetting.All, CrashSettings.Default);
        file.ReadInto(choice);
        bus = new DaemonArguments(Program, arguments).ReadInto(choice, bus);
        var limits = choice.Chosen.Limits;
        CheckOrder(choice, ("max_report_bytes", limits.MaxDumpBytes), ("max_vm_bytes", limits.MaxVmBytes / 2));
        CheckOrder(choice, ("max_vm_bytes", limits.MaxVmBytes), ("max_all_bytes", limits.MaxAllBytes));
        return new CiceroneOptions(bus, choice.Chosen);
    }

    /// <summary>A report and what comes with it must have room, and a VM among all.</summary>
    private static void CheckOrder(SettingsChoice<CrashSettings> choice, (string Name, long Value) small, (string Name, long Value) large)
    {
        var place = choice.PlaceOf(large.Name) ?? choice.PlaceOf(small.Name);
        if (place is not null && small.Value > large.Value)
        {
            throw SettingMistake.At(place, $"{large.Name} is too small for {small.Name} ({small.Value}).");
        }
    }
}
