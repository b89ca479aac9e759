using VmTools.Host.Vmc;
using Xunit;

namespace VmTools.Unit.Host.Vmc;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("start", "demo")]
    [InlineData("start", "a name with spaces")]
    [InlineData("start", "demo", "--timeout", "600")]
    [InlineData("start", "--timeout", "600", "demo")]
    [InlineData("start", "demo", "--timeout=600")]
    [InlineData("start", "demo", "--cpus", "4", "--mem", "512")]
    [InlineData("start", "demo", "--mem", "2G")]
    [InlineData("start", "demo", "--mem", "256M")]
    [InlineData("start", "demo", "--kernel", "k", "--initrd", "i", "--rootfs", "r", "--writable-rootfs")]
    [InlineData("start", "demo", "--extra-disk", "a", "--extra-disk", "b")]
    [InlineData("start", "demo", "--kernel-param", "quiet", "--kernel-param", "a=b c")]
    [InlineData("start", "demo", "--kernel-param", "--strange")]
    [InlineData("start", "demo", "--vm-type", "TERMINA")]
    [InlineData("start", "demo", "--vm-type", "baguette")]
    [InlineData("start", "demo", "--no-shell")]
    [InlineData("start", "--", "-odd-name")]
    [InlineData("stop", "demo")]
    [InlineData("stop", "--all")]
    [InlineData("list")]
    [InlineData("list", "--json")]
    [InlineData("info", "demo")]
    [InlineData("info", "--json", "demo")]
    [InlineData("logs", "demo")]
    [InlineData("logs", "demo", "file")]
    [InlineData("logs", "demo", "-f", "-n", "5", "--kernel", "--user", "--console", "--panic", "--since", "10m", "--grep", "a|b", "--severity", "warn", "--json")]
    [InlineData("logs", "demo", "--since", "2026-11-24 10:00", "--until", "today")]
    [InlineData("disk", "create", "demo")]
    [InlineData("disk", "create", "demo", "--size", "1073741824")]
    [InlineData("disk", "create", "demo", "--size", "1024M")]
    [InlineData("disk", "create", "demo", "--size", "10G", "--preallocate")]
    [InlineData("disk", "create", "--vm-type", "crostini", "demo")]
    [InlineData("disk", "destroy", "demo")]
    [InlineData("disk", "destroy", "-y", "demo")]
    [InlineData("disk", "destroy", "demo", "--yes")]
    [InlineData("disk", "list")]
    [InlineData("disk", "list", "--json")]
    [InlineData("doctor")]
    [InlineData("doctor", "--json")]
    [InlineData("version")]
    [InlineData("version", "--json")]
    [InlineData("completion", "bash")]
    [InlineData("completion", "zsh")]
    [InlineData("completion", "fish")]
    public void These_are_command_lines(params string[] args) => Assert.Null(MistakeIn(args));

    [Theory]
    [InlineData("say what 'vmc' is to do")]
    [InlineData("knows no 'strat'. Did you mean 'start'?", "strat")]
    [InlineData("knows no 'quux'; it knows start, stop", "quux", "demo")]
    [InlineData("'vmc start' needs NAME", "start")]
    [InlineData("name cannot be empty", "start", "")]
    [InlineData("longer than 60 bytes", "start", "1234567890123456789012345678901234567890123456789012345678901")]
    [InlineData("'vmc start' does not take 'b'", "start", "a", "b")]
    [InlineData("'vmc start' has no option '--bogus'", "start", "a", "--bogus")]
    [InlineData("'abc' after --timeout is not a whole number", "start", "a", "--timeout", "abc")]
    [InlineData("'-5' after --timeout is not a whole number", "start", "a", "--timeout=-5")]
    [InlineData("'0' after --timeout", "start", "a", "--timeout", "0")]
    [InlineData("--timeout", "start", "a", "--timeout")]
    [InlineData("--kernel", "start", "a", "--kernel")]
    [InlineData("'many' after --cpus", "start", "a", "--cpus", "many")]
    [InlineData("'lots' after --mem is not an amount of memory", "start", "a", "--mem", "lots")]
    [InlineData("'0' after --mem", "start", "a", "--mem", "0")]
    [InlineData("'5K' after --mem", "start", "a", "--mem", "5K")]
    [InlineData("'toaster' after --vm-type is not a kind of VM", "start", "a", "--vm-type", "toaster")]
    [InlineData("either NAME, the name of a VM, or --all", "stop")]
    [InlineData("either NAME, the name of a VM, or --all", "stop", "a", "--all")]
    [InlineData("'vmc stop' does not take 'b'", "stop", "a", "b")]
    [InlineData("'vmc list' does not take 'extra'", "list", "extra")]
    [InlineData("'vmc info' needs NAME", "info")]
    [InlineData("'vmc logs' needs NAME", "logs")]
    [InlineData("'soon' after --since is not a time", "logs", "a", "--since", "soon")]
    [InlineData("'(' after --grep is not a regular expression", "logs", "a", "--grep", "(")]
    [InlineData("'(a)\\1' after --grep is not a regular expression", "logs", "a", "--grep", "(a)\\1")]
    [InlineData("'bad' after --severity is not a severity", "logs", "a", "--severity", "bad")]
    [InlineData("'-1' after --lines is not a number of lines", "logs", "a", "-n=-1")]
    [InlineData("--follow and --until exclude each other", "logs", "a", "-f", "--until", "today")]
    [InlineData("'vmc logs' does not take 'c'", "logs", "a", "b", "c")]
    [InlineData("say what 'vmc disk' is to do: create, destroy, list", "disk")]
    [InlineData("'vmc disk' knows no 'make'", "disk", "make")]
    [InlineData("'vmc disk create' needs NAME", "disk", "create")]
    [InlineData("'52J' after --size is not a size", "disk", "create", "a", "--size", "52J")]
    [InlineData("'foo' after --size is not a size", "disk", "create", "a", "--size", "foo")]
    [InlineData("'' after --size is not a size", "disk", "create", "a", "--size", "")]
    [InlineData("'1.5G' after --size is not a size", "disk", "create", "a", "--size", "1.5G")]
    [InlineData("'99999999999G' after --size is not a size", "disk", "create", "a", "--size", "99999999999G")]
    [InlineData("--size", "disk", "create", "a", "--size")]
    [InlineData("--preallocate needs --size", "disk", "create", "a", "--preallocate")]
    [InlineData("'vmc disk destroy' needs NAME", "disk", "destroy", "-y")]
    [InlineData("'vmc disk list' does not take 'extra'", "disk", "list", "extra")]
    [InlineData("'vmc doctor' does not take 'me'", "doctor", "me")]
    [InlineData("'vmc completion' needs SHELL", "completion")]
    [InlineData("no completion for 'tcsh'", "completion", "tcsh")]
    public void These_are_not_and_the_sentence_says_why(string sentence, params string[] args) =>
        Assert.Contains(sentence, MistakeIn(args), StringComparison.Ordinal);

    [Fact]
    public async Task A_mistake_costs_exit_code_2_one_sentence_and_the_help_command()
    {
        var run = await VmcRun.OfAsync("disk", "create", "demo", "--size", "52J");

        Assert.Equal(new VmcRun(2, "", """
            vmc: '52J' after --size is not a size; give bytes, or a number with M or G, for example 512M.
            See 'vmc disk create --help'.

            """), run);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("stop")]
    [InlineData("list")]
    [InlineData("info")]
    [InlineData("logs")]
    [InlineData("disk")]
    [InlineData("disk create")]
    [InlineData("disk destroy")]
    [InlineData("disk list")]
    [InlineData("doctor")]
    [InlineData("version")]
    [InlineData("completion")]
    public async Task Every_verb_has_help_with_examples(string verb)
    {
        var run = await VmcRun.OfAsync([.. verb.Split(' '), "--help"]);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains($"vmc {verb}", run.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(512 << 20, "512 MiB")]
    [InlineData(10L << 30, "10 GiB")]
    public void Sizes_are_shown_in_the_unit_that_fits(long bytes, string text) => Assert.Equal(text, SizeText.Show((ulong)bytes));

    private static string? MistakeIn(string[] args) =>
        UsageMistake.In(VmcProgram.Tree(new VmcContext(VmcRun.InstanceWith([]), new VmcConsole(TextWriter.Null, TextWriter.Null, TextReader.Null))).Parse(args));
}
