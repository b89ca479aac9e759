using VmTools.Protocol;

namespace VmTools.Host.Logs.Settings;

/// <summary>Settings as they are being chosen, from the file first and the command line after it; every mistake says where it was made.</summary>
internal sealed class LogSettingsChoice
{
    private readonly Dictionary<string, string> _places = new(StringComparer.Ordinal);
    private LogSettings _settings = LogSettings.Default;

    /// <exception cref="VmToolsException">There is no such setting, or the value is not allowed.</exception>
    public void Choose(string name, string value, string place)
    {
        var setting = LogSetting.Find(name)
            ?? throw Mistake(place, $"There is no setting '{name}'. There are: {string.Join(", ", LogSetting.All.Select(known => known.Name))}.");
        _settings = setting.Apply(_settings, value) ?? throw Mistake(place, $"{name} must be {setting.Allowed}, not '{value}'.");
        _places[name] = place;
    }

    /// <exception cref="VmToolsException">The settings do not go together.</exception>
    public LogSettings Settle()
    {
        var (file, all) = (_settings.Files.MaxFileBytes, _settings.Files.MaxVmBytes);
        var place = _places.GetValueOrDefault("max_vm_bytes") ?? _places.GetValueOrDefault("max_file_bytes");
        return place is null || all >= file ? _settings : throw Mistake(place, $"max_vm_bytes ({all}) must be at least max_file_bytes ({file}).");
    }

    public static VmToolsException Mistake(string place, string sentence) => new(ErrorKind.InvalidArgument, $"{place}: {sentence}");
}
