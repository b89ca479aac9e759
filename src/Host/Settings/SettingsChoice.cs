using VmTools.Protocol;

namespace VmTools.Host.Settings;

/// <summary>
/// Settings as they are being chosen, from the file first and the command line after it; every mistake says where it was made.
/// </summary>
internal sealed class SettingsChoice<T>(IReadOnlyList<Setting<T>> all, T start)
    where T : class
{
    private readonly Dictionary<string, string> _places = new(StringComparer.Ordinal);

    public T Chosen { get; private set; } = start;

    /// <summary>The place at which the setting was last chosen, or null.</summary>
    public string? PlaceOf(string name) => _places.GetValueOrDefault(name);

    /// <summary>What the name of a setting alone stands for, or null.</summary>
    public string? BareOf(string name) => all.FirstOrDefault(known => known.Name == name)?.Bare;

    /// <exception cref="VmToolsException">There is no such setting, or the value is not allowed.</exception>
    public void Choose(string name, string value, string place)
    {
        var setting = all.FirstOrDefault(known => known.Name == name)
            ?? throw SettingMistake.At(
                place, $"There is no setting '{name}'. There are: {string.Join(", ", all.Select(known => known.Name))}.");
        Chosen = setting.Apply(Chosen, value) ?? throw SettingMistake.At(place, $"{name} must be {setting.Allowed}, not '{value}'.");
        _places[name] = place;
    }
}

/// <summary>A setting that cannot be; the sentence begins with where it was made.</summary>
internal static class SettingMistake
{
    public static VmToolsException At(string place, string sentence) => new(ErrorKind.InvalidArgument, $"{place}: {sentence}");
}
