using VmTools.Host.Vmc;
using VmTools.Host.Vmc.Cli;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("start", "demo")]
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
    [InlineData("start", "demo", "--mem", "1.5G")]
    [InlineData("start", "demo", "--mem", "512MB")]
    [InlineData("start", "demo", "--mem", "2gib")]
    [InlineData("stop", "--", "-odd-name")]
    [InlineData("stop", "a name with spaces")]
    [InlineData("info", "../x")]
    [InlineData("disk", "destroy", "a/b")]
    [InlineData("crash", "export", "latest", "-")]
    [InlineData("stop", "demo")]
    [InlineData("stop", "--all")]
    [InlineData("list")]
    [InlineData("list", "--json")]
    [InlineData("info", "demo")]
    [InlineData("info", "--json", "demo")]
    [InlineData("logs", "demo")]
    [InlineData("logs", "demo", "file")]
    [InlineData("logs", "demo", "-f", "-n", "5", "--kernel", "--user", "--console", "--panic", "--since", "10m", "--grep", "a|b",
        "--severity", "warn", "--json")]
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
    [InlineData("ls")]
    [InlineData("ps", "--json")]
    [InlineData("restart", "demo", "--mem", "2G")]
    [InlineData("shell", "demo")]
    [InlineData("shell", "demo", "--user", "root")]
    [InlineData("exec", "demo", "--", "ls", "-l", "--help")]
    [InlineData("exec", "demo", "--", "demo")]
    [InlineData("exec", "--cwd=/tmp", "demo", "--", "A=b", "sh", "-c", "exit 3")]
    [InlineData("container", "create", "demo")]
    [InlineData("container", "create", "demo", "trixie")]
    [InlineData("container", "start", "demo", "a-1")]
    [InlineData("container", "stop", "demo")]
    [InlineData("container", "delete", "-y", "demo", "trixie")]
    [InlineData("container", "list", "demo", "--json")]
    [InlineData("container", "ls", "demo")]
    [InlineData("container", "shell", "demo", "--user", "root")]
    [InlineData("container", "exec", "demo", "--", "ls", "-l")]
    [InlineData("container", "exec", "demo", "trixie", "--user", "root", "--", "A=b", "ls")]
    [InlineData("cp", "notes.txt", "demo:")]
    [InlineData("cp", "demo:/etc/passwd", ".")]
    [InlineData("cp", "./a:b", "demo:")]
    [InlineData("help")]
    [InlineData("help", "disk", "create")]
    [InlineData("help", "help")]
    [InlineData("--version")]
    [InlineData("start", "--help")]
    public void Verbs_that_reach_into_a_vm_and_ask_for_help_are_command_lines_too(params string[] args) => Assert.Null(MistakeIn(args));

    [Theory]
    [InlineData("say what 'vmc' is to do")]
    [InlineData("knows no 'strat'. Did you mean 'start'?", "strat")]
    [InlineData("knows no 'quux'; it knows start, stop", "quux", "demo")]
    [InlineData("'vmc start' needs NAME", "start")]
    [InlineData("name cannot be empty", "start", "")]
    [InlineData("at most 60 characters", "start", "1234567890123456789012345678901234567890123456789012345678901")]
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
    [InlineData("'5K' after --mem is out of range", "start", "a", "--mem", "5K")]
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
    [InlineData("'-1.5G' after --size is not a size", "disk", "create", "a", "--size", "-1.5G")]
    [InlineData("'1,5G' after --size is not a size", "disk", "create", "a", "--size", "1,5G")]
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

    [Theory]
    [InlineData("say what 'vmc container' is to do: create, start, stop, delete, list, info, logs, shell, exec", "container")]
    [InlineData("'vmc container' knows no 'stat'. Did you mean 'start'?", "container", "stat")]
    [InlineData("'vmc container' knows no 'rm'. Did you mean 'delete'?", "container", "rm", "demo")]
    [InlineData("'vmc disk' knows no 'rm'. Did you mean 'destroy'?", "disk", "rm", "demo")]
    [InlineData("'vmc container create' needs VM", "container", "create")]
    [InlineData("A VM's name begins with a letter or digit", "container", "create", "a b")]
    [InlineData("'Penguin' cannot be the name of a container. A container's name begins", "container", "create", "demo", "Penguin")]
    [InlineData("'a/b' cannot be the name of a container", "container", "stop", "demo", "a/b")]
    [InlineData("A container's name cannot be empty", "container", "stop", "demo", "")]
    [InlineData("'vmc container stop' does not take 'c'", "container", "stop", "a", "b", "c")]
    [InlineData("'ls' goes behind --, as in: vmc container exec VM -- ls", "container", "exec", "demo", "ls")]
    [InlineData("'ls' goes behind --, as in: vmc container exec VM -- ls", "container", "exec", "demo", "penguin", "ls", "--", "x")]
    [InlineData("'vmc container exec' needs COMMAND", "container", "exec", "demo", "--")]
    public void So_is_what_names_no_container(string sentence, params string[] args) =>
        Assert.Contains(sentence, MistakeIn(args), StringComparison.Ordinal);

    [Theory]
    [InlineData("A VM's name begins with a letter or digit", "start", "a b")]
    [InlineData("'../x' cannot be the name of a VM", "start", "../x")]
    [InlineData("'a\ufffdb' cannot be the name of a VM", "start", "a\nb")]
    [InlineData("'-odd-name' cannot be the name of a VM", "start", "--", "-odd-name")]
    [InlineData("'a/b' cannot be the name of a VM", "disk", "create", "a/b")]
    [InlineData("at most 60 characters", "stop", "1234567890123456789012345678901234567890123456789012345678901")]
    [InlineData("'vmc start' has no option '--memory'. Did you mean '--mem'?", "start", "--memory=2G")]
    [InlineData("'vmc start' has no option '--ram'. Did you mean '--mem'?", "start", "demo", "--ram", "2G")]
    [InlineData("'vmc start' has no option '-x'.", "start", "-x")]
    [InlineData("'vmc start' has no option '--cpu'. Did you mean '--cpus'?", "start", "--cpu", "2", "demo")]
    [InlineData("'vmc start' has no option '--kernel-parm'. Did you mean '--kernel-param'?", "start", "demo", "--kernel-parm=quiet")]
    [InlineData("'vmc stop' has no option '--al'. Did you mean '--all'?", "stop", "--al")]
    [InlineData("'vmc disk destroy' has no option '--force'. Did you mean '--yes'?", "disk", "destroy", "--force", "a")]
    [InlineData("'vmc list' has no option '--jsno'. Did you mean '--json'?", "list", "--jsno")]
    [InlineData("'vmc logs' has no option '-n5'. Did you mean '-n 5'?", "logs", "a", "-n5")]
    [InlineData("'vmc crash show' has no option '--bogus'.", "crash", "show", "--bogus")]
    [InlineData("'1' after --mem is out of range: from 128M to 4T", "start", "a", "--mem", "1")]
    [InlineData("'9T' after --mem is out of range", "start", "a", "--mem", "9T")]
    [InlineData("'1' after --size is out of range: from 16M to 16T", "disk", "create", "a", "--size", "1")]
    [InlineData("'1000000' after --cpus is not a whole number from 1 to 255", "start", "a", "--cpus", "1000000")]
    [InlineData("'4294967295' after --timeout is not a whole number from 1 to 86400", "start", "a", "--timeout", "4294967295")]
    public void Wrong_names_unknown_options_and_silly_numbers_are_told(string sentence, params string[] args) =>
        Assert.Contains(sentence, MistakeIn(args), StringComparison.Ordinal);

    [Theory]
    [InlineData("knows no 'rm'. Did you mean 'vmc disk destroy'?", "rm", "demo")]
    [InlineData("knows no 'delete'. Did you mean 'vmc disk destroy'?", "delete", "demo")]
    [InlineData("knows no 'status'. Did you mean 'vmc list'?", "status")]
    [InlineData("knows no 'foo'", "help", "foo")]
    [InlineData("knows no 'foo'", "foo", "--help")]
    [InlineData("'vmc disk' knows no 'foo'", "help", "disk", "foo")]
    [InlineData("'ls' goes behind --, as in: vmc exec NAME -- ls", "exec", "demo", "ls")]
    [InlineData("'vmc exec' has no option '-l'", "exec", "demo", "ls", "-l")]
    [InlineData("'vmc exec' needs COMMAND", "exec", "demo")]
    [InlineData("'vmc shell' does not take 'ls'", "shell", "demo", "ls")]
    [InlineData("one of FROM and TO is in a VM", "cp", "a", "b")]
    [InlineData("one of FROM and TO is in a VM", "cp", "a:x", "b:y")]
    [InlineData("'vmc cp' needs TO", "cp", "a")]
    public void Verbs_of_other_programs_are_hints_at_ours(string sentence, params string[] args) =>
        Assert.Contains(sentence, MistakeIn(args), StringComparison.Ordinal);

    [Fact]
    public async Task A_mistake_costs_exit_code_2_one_sentence_and_the_help_command()
    {
        var run = await VmcRun.OfAsync("disk", "create", "demo", "--size", "52J");

        Assert.Equal(new VmcRun(2, "", """
            vmc: '52J' after --size is not a size; give bytes, or a number with M, G or T, for example 512M or 1.5G.
            See 'vmc disk create --help'.

            """), run);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("stop")]
    [InlineData("restart")]
    [InlineData("list")]
    [InlineData("info")]
    [InlineData("shell")]
    [InlineData("exec")]
    [InlineData("cp")]
    [InlineData("help")]
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
    [InlineData("start")]
    [InlineData("disk create")]
    public async Task Help_of_a_verb_is_the_same_however_it_is_asked_for(string verb) =>
        Assert.Equal(await VmcRun.OfAsync([.. verb.Split(' '), "--help"]), await VmcRun.OfAsync(["help", .. verb.Split(' ')]));

    [Fact]
    public async Task The_version_is_one_line() => Assert.Matches(@"^vmc \d+\.\d+\.\d+\n$", (await VmcRun.OfAsync("--version")).Output);

    [Theory]
    [InlineData("""{"error":{"kind":"usage","message":"'vmc list' has no option '--jsno'. Did you mean '--json'? See 'vmc list --help'."}}""", "list", "--json", "--jsno")]
    [InlineData("""{"error":{"kind":"not_found","message":"There is no crash report."}}""", "crash", "show", "latest", "--json")]
    public async Task A_program_that_asked_for_json_gets_its_errors_as_json(string line, params string[] args)
    {
        var run = await VmcRun.OfAsync(args);

        Assert.Equal(("", line + "\n"), (run.Output, run.Error));
        Assert.NotEqual(0, run.Code);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(512 << 20, "512 MiB")]
    [InlineData(10L << 30, "10 GiB")]
    public void Sizes_are_shown_in_the_unit_that_fits(long bytes, string text) => Assert.Equal(text, SizeText.Show((ulong)bytes));

    [Theory]
    [InlineData("1", 1)]
    [InlineData("512M", 512L << 20)]
    [InlineData("1.5G", 1536L << 20)]
    [InlineData("1.5g", 1536L << 20)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("2MB", 2L << 20)]
    [InlineData("4k", 4096)]
    [InlineData(".5T", 512L << 30)]
    [InlineData("0.0000001K", 0)]
    public void Sizes_are_read_with_fractions_and_in_the_spellings_of_others(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out var read));
        Assert.Equal((ulong)bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("iB")]
    [InlineData("B")]
    [InlineData("12B")]
    [InlineData("1.5")]
    [InlineData("-1G")]
    [InlineData("1e3G")]
    [InlineData("1GBB")]
    [InlineData("1 G")]
    [InlineData("9223372036854775808")]
    [InlineData("8388608T")]
    [InlineData("79228162514264337593543950335T")]
    public void These_are_no_sizes(string text) => Assert.False(SizeText.TryParse(text, out _));

    private static string? MistakeIn(string[] args) =>
        UsageMistake.In(
            VmcProgram.Parse(
            VmcProgram.Tree(new VmcContext(VmcRun.InstanceWith([]), new VmcConsole(TextWriter.Null, TextWriter.Null, TextReader.Null))),
            args));
}
