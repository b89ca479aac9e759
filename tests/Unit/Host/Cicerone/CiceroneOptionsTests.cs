using VmTools.Host.Cicerone;
using VmTools.Host.CrashStore;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Settings;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Cicerone;

/// <summary>What may be chosen about crash reports, where, and how a mistake is told.</summary>
public sealed class CiceroneOptionsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Conf => _directory.File("crash.conf");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Without_a_file_and_options_the_defaults_hold() =>
        Assert.Equal(new CiceroneOptions("the bus", CrashSettings.Default), Parse());

    [Fact]
    public void Every_setting_can_be_chosen_in_the_file_and_the_command_line_wins()
    {
        File.WriteAllText(Conf, """
            report_burst = 5
            reports_per_hour = 6
            max_report_bytes = 65536
            max_vm_bytes = 1048576
            max_all_bytes = 2097152
            upload_hook = /usr/bin/hook
            upload_seconds = 7
            """);

        var options = Parse("--reports-per-hour=60", "--bus=another");

        var limits = new CrashLimits { MaxDumpBytes = 65536, MaxVmBytes = 1 << 20, MaxAllBytes = 2 << 20 };
        Assert.Equal(
            new CiceroneOptions("another", new CrashSettings
            {
                Limits = limits,
                ReportBurst = 5,
                ReportsPerHour = 60,
                UploadHook = "/usr/bin/hook",
                UploadLimit = TimeSpan.FromSeconds(7),
            }),
            options);
    }

    [Theory]
    [InlineData("report_burst=0", "report_burst must be a whole number from 1 to 10000, not '0'.")]
    [InlineData("upload_hook=hook", "upload_hook must be none or the path of a program, not 'hook'.")]
    [InlineData("max_report_bytes=16777216", "max_vm_bytes is too small for max_report_bytes (16777216).")]
    [InlineData("max_all_bytes=1048576", "max_all_bytes is too small for max_vm_bytes (33554432).")]
    public void What_cannot_be_is_told(string option, string sentence)
    {
        File.WriteAllText(Conf, option == "max_report_bytes=16777216" ? "max_vm_bytes = 20971520" : "");

        var mistake = Assert.Throws<VmToolsException>(() => Parse($"--{option}"));

        Assert.EndsWith(sentence, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_help_names_every_setting_and_its_true_default()
    {
        Assert.All(CrashSetting.All, setting => Assert.Contains($"--{setting.Name} ", CiceroneHelp.Text, StringComparison.Ordinal));
        Assert.All(CrashSetting.All, setting => Assert.Equal(CrashSettings.Default, setting.Apply(CrashSettings.Default, setting.Default)));
    }

    private CiceroneOptions Parse(params string[] arguments) =>
        CiceroneOptions.Parse(arguments, "the bus", new SettingsFile(Conf, MustExist: false));
}
