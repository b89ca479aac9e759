using VmTools.Host.Settings;

namespace VmTools.Host.CrashStore.Settings;

/// <summary>The files of a user's choices about crashes: <c>crash.conf</c>, and beside it the consent, which vmc writes.</summary>
internal static class CrashConfiguration
{
    public static SettingsFile FileOf(uint uid, Func<string, string?> environment) =>
        SettingsFile.Of("crash.conf", "VMTOOLS_CRASH_CONF", uid, environment);

    public static ConsentFile ConsentOf(uint uid, Func<string, string?> environment) =>
        new(Path.Combine(Path.GetDirectoryName(FileOf(uid, environment).Path) ?? "/", "crash.consent"));
}
