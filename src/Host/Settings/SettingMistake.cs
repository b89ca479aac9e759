using VmTools.Protocol;

namespace VmTools.Host.Settings;

/// <summary>A setting that cannot be; the sentence begins with where it was made.</summary>
internal static class SettingMistake
{
    public static VmToolsException At(string place, string sentence) => new(ErrorKind.InvalidArgument, $"{place}: {sentence}");
}
