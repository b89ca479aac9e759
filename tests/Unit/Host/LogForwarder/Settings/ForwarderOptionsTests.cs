using VmTools.Host.Daemon;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogStore;
using VmTools.Host.Settings;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Settings;

/// <summary>What may be chosen about logs, where, and how a mistake is told.</summary>
public sealed class ForwarderOptionsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Conf => _directory.File("logs.conf");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Without_a_file_and_options_the_defaults_hold() =>
        Assert.Equal(new ForwarderOptions("the bus", LogSettings.Default), Parse());

    [Fact]
    public void Every_setting_can_be_chosen_in_the_file()
    {
        File.WriteAllText(Conf, """

            # what a VM may log
            records_per_second = 0
              bytes_per_second=65536
            max_file_bytes =2097152
            kept_files= 0
            max_vm_bytes = 2097152
            kept_days = 14
            file_time = rfc3164
            syslog = true
            syslog_socket = /run/other/log
            """);

        var settings = Parse().Settings;

        var files = LogFileLimits.Default with
        {
            MaxFileBytes = 2 << 20,
            KeptFiles = 0,
            MaxVmBytes = 2 << 20,
            KeptAge = TimeSpan.FromDays(14)
        };
        Assert.Equal(
            new LogSettings
            {
                RecordsPerSecond = 0,
                BytesPerSecond = 65536,
                Files = files,
                FileTime = FileTime.Rfc3164,
                Syslog = true,
                SyslogSocket = "/run/other/log"
            }, settings);
    }

    [Fact]
    public void The_copy_to_syslog_is_chosen_by_its_name_alone() => Assert.True(Parse("--syslog").Settings.Syslog);

    [Fact]
    public void A_file_of_another_system_is_read_too()
    {
        File.WriteAllText(Conf, "\uFEFFkept_days = 2\r\nkept_files = 1\r\n");

        Assert.Equal((TimeSpan.FromDays(2), 1), (Parse().Settings.Files.KeptAge, Parse().Settings.Files.KeptFiles));
    }

    [Fact]
    public void The_command_line_wins_with_either_spelling()
    {
        File.WriteAllText(Conf, "kept_days = 14\nkept_files = 9\n");

        var options = Parse("--kept_days=3", "--bus=unix:path=/b", "--file-time=rfc3164");

        Assert.Equal(
            ("unix:path=/b", TimeSpan.FromDays(3), 9, FileTime.Rfc3164), (
            options.Bus, options.Settings.Files.KeptAge, options.Settings.Files.KeptFiles, options.Settings.FileTime));
    }

    [Theory]
    [InlineData("records_per_second = -1", "records_per_second must be 0 (no limit) or a whole number from 1 to 1000000, not '-1'.")]
    [InlineData("bytes_per_second = 100", "bytes_per_second must be 0 (no limit) or a whole number from 65536 to 1073741824, not '100'.")]
    [InlineData("max_file_bytes = 1M", "max_file_bytes must be a whole number from 65536 to 67108864, not '1M'.")]
    [InlineData("kept_files = 100", "kept_files must be a whole number from 0 to 99, not '100'.")]
    [InlineData("max_vm_bytes = 99999999999999999999",
        "max_vm_bytes must be a whole number from 1048576 to 1073741824, not '99999999999999999999'.")]
    [InlineData("kept_days = 0", "kept_days must be a whole number from 1 to 3650, not '0'.")]
    [InlineData("kept_days =", "kept_days must be a whole number from 1 to 3650, not ''.")]
    [InlineData("file_time = local", "file_time must be rfc3339 or rfc3164, not 'local'.")]
    [InlineData("keep_days = 3",
        "There is no setting 'keep_days'. There are: records_per_second, bytes_per_second, max_file_bytes, kept_files, max_vm_bytes, "
        + "kept_days, file_time, syslog, syslog_socket.")]
    [InlineData("syslog = yes", "syslog must be true or false, not 'yes'.")]
    [InlineData("syslog_socket = log", "syslog_socket must be an absolute path of at most 107 bytes, not 'log'.")]
    [InlineData("kept_days 3", "'kept_days 3' is not of the form 'name = value'.")]
    [InlineData("max_vm_bytes = 1048576\nmax_file_bytes = 2097152", "max_vm_bytes (1048576) must be at least max_file_bytes (2097152).")]
    public void A_mistake_names_the_file_the_line_and_what_is_allowed(string lines, string sentence)
    {
        File.WriteAllText(Conf, "# a comment\n" + lines + "\n");

        var refused = Assert.Throws<VmToolsException>(() => Parse());

        Assert.Equal((ErrorKind.InvalidArgument, $"{Conf}, line 2: {sentence}"), (refused.Kind, refused.Message));
    }

    [Fact]
    public void A_setting_stands_once_in_a_file()
    {
        File.WriteAllText(Conf, "kept_files = 2\n\nkept_files = 2\n");

        Assert.Equal($"{Conf}, line 3: kept_files was set in line 1 already.", Assert.Throws<VmToolsException>(() => Parse()).Message);
    }

    [Theory]
    [InlineData("--kept-days=x", "--kept-days: kept_days must be a whole number from 1 to 3650, not 'x'.")]
    [InlineData("--colour=red", "--colour: There is no setting 'colour'. ")]
    [InlineData("kept_days=3", "kept_days=3: An option is of the form --name=value. ")]
    [InlineData("--bus=", "--bus=: The address of a bus must follow, ")]
    public void A_mistake_on_the_command_line_names_the_option(string argument, string sentence) =>
        Assert.StartsWith(sentence, Assert.Throws<VmToolsException>(() => Parse(argument)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_was_asked_for_must_be_there_and_of_a_sane_size()
    {
        Assert.StartsWith($"{Conf}: The file cannot be read: ", Assert.Throws<VmToolsException>(Asked).Message, StringComparison.Ordinal);

        File.WriteAllText(Conf, new string('#', 65 * 1024));
        Assert.Equal($"{Conf}: The file has more than 65536 bytes.", Assert.Throws<VmToolsException>(Asked).Message);

        void Asked() =>
            new SettingsFile(Conf, MustExist: true).ReadInto(new SettingsChoice<LogSettings>(LogSetting.All, LogSettings.Default));
    }

    [Theory]
    [InlineData(0, "", "", "/etc/vmtools/logs.conf", false)]
    [InlineData(1000, "", "", "/home/u/.config/vmtools/logs.conf", false)]
    [InlineData(1000, "/x", "", "/x/vmtools/logs.conf", false)]
    [InlineData(0, "/x", "/y/z", "/y/z", true)]
    public void The_file_is_where_a_user_or_the_environment_has_it(uint uid, string config, string chosen, string path, bool mustExist)
    {
        Dictionary<string,
            string> environment = new(StringComparer.Ordinal)
            {
                ["HOME"] = "/home/u",
                ["XDG_CONFIG_HOME"] = config,
                ["VMTOOLS_LOGS_CONF"] = chosen
            };

        Assert.Equal(new SettingsFile(path, mustExist), ForwarderOptions.FileOf(uid, environment.GetValueOrDefault));
    }

    [Fact]
    public void The_help_names_every_setting_and_its_true_default()
    {
        Assert.True(new DaemonArguments(ForwarderOptions.Program, ["--kept_days=1", "--help"]).AskForHelp);
        Assert.All(LogSetting.All, setting => Assert.Contains($"--{setting.Name} ", ForwarderHelp.Text, StringComparison.Ordinal));
        Assert.All(LogSetting.All, setting => Assert.Equal(LogSettings.Default, setting.Apply(LogSettings.Default, setting.Default)));
    }

    private ForwarderOptions Parse(params string[] arguments) =>
        ForwarderOptions.Parse(arguments, "the bus", new SettingsFile(Conf, MustExist: false));
}
