using VmTools.Host.CrashStore.Settings;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.CrashStore.Settings;

/// <summary>Whether reports are kept, as the user said it.</summary>
public sealed class ConsentFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private ConsentFile Consent => new(_directory.File("vmtools/crash.consent"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Who_never_said_anything_has_reports_kept() => Assert.True(Consent.IsGranted());

    [Theory]
    [InlineData(true, "on\n")]
    [InlineData(false, "off\n")]
    public void What_was_said_holds(bool isGranted, string text)
    {
        Consent.Set(!isGranted);
        Consent.Set(isGranted);

        Assert.Equal(isGranted, Consent.IsGranted());
        Assert.Equal(text, File.ReadAllText(Consent.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("yes")]
    [InlineData("on\noff\n")]
    public void What_cannot_be_understood_is_a_no(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Consent.Path)!);
        File.WriteAllText(Consent.Path, text);

        Assert.False(Consent.IsGranted());
    }

    [Fact]
    public void A_long_file_is_a_no()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Consent.Path)!);
        File.WriteAllText(Consent.Path, "on" + new string(' ', 100));

        Assert.False(Consent.IsGranted());
    }

    [Theory]
    [InlineData(1000, null, null, "/home/u/.config/vmtools/crash.consent")]
    [InlineData(1000, "/cfg", null, "/cfg/vmtools/crash.consent")]
    [InlineData(0, "/cfg", null, "/etc/vmtools/crash.consent")]
    [InlineData(1000, "/cfg", "/elsewhere/my.conf", "/elsewhere/crash.consent")]
    public void It_lies_beside_the_settings(uint uid, string? config, string? chosen, string path)
    {
        Dictionary<string,
            string?> environment = new(StringComparer.Ordinal)
            {
                ["HOME"] = "/home/u",
                ["XDG_CONFIG_HOME"] = config,
                ["VMTOOLS_CRASH_CONF"] = chosen
            };

        Assert.Equal(path, CrashConfiguration.ConsentOf(uid, environment.GetValueOrDefault).Path);
    }
}
