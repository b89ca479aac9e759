using System.Diagnostics;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Completion;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("vmc st", "start stop")]
    [InlineData("vmc disk ", "create destroy list --help")]
    [InlineData("vmc disk create --s", "--size")]
    [InlineData("vmc container ", "create start stop delete list info logs shell exec export import snapshot restore copy --help")]
    [InlineData("vmc container stop my", "my-vm")]
    [InlineData("vmc container stop my-vm p", "penguin")]
    [InlineData("vmc container exec my-vm p", "penguin")]
    [InlineData("vmc container list my", "my-vm")]
    [InlineData("vmc crash ", "list show export remove consent --help")]
    [InlineData("vmc crash list my", "my-vm")]
    [InlineData("vmc crash show --sy", "--sysroot --symbols")]
    [InlineData("vmc list --", "--json --help")]
    [InlineData("vmc stop my", "my-vm")]
    [InlineData("vmc completion b", "bash")]
    [InlineData("vmc shell my", "my-vm")]
    [InlineData("vmc start demo --mem 2", "2G")]
    [InlineData("vmc start demo --vm-type b", "borealis bruschetta baguette")]
    [InlineData("vmc logs demo --severity w", "warning")]
    [InlineData("vmc logs demo -n 2", "200")]
    [InlineData("vmc start demo --kernel ", "")]
    [InlineData("vmc crash consent o", "on off")]
    [InlineData("vmc crash show l", "latest")]
    public async Task Bash_completes_verbs_options_and_names(string line, string words)
    {
        var script = (await VmcRun.OfAsync("completion", "bash")).Output;

        var reply = await BashAsync($$"""
            vmc() { case $# in 1) echo my-vm ;; *) [[ $2 == my-vm ]] && echo penguin ;; esac; }
            {{script}}
            COMP_WORDS=({{line}}{{(line.EndsWith(' ') ? "\"\"" : "")}}); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _vmc
            echo "${COMPREPLY[*]}"
            """);

        Assert.Equal(words, reply);
    }

    [Theory]
    [InlineData("vsh m", "my-vm")]
    [InlineData("vsh my-vm p", "penguin")]
    [InlineData("vsh my-vm penguin p", "")]
    [InlineData("vsh my-vm --ta", "--target_container=")]
    public async Task Bash_completes_the_names_that_vsh_takes(string line, string words)
    {
        var script = (await VmcRun.OfAsync("completion", "bash")).Output;

        var reply = await BashAsync($$"""
            vmc() { case $# in 1) echo my-vm ;; *) [[ $2 == my-vm ]] && echo penguin ;; esac; }
            compopt() { :; }
            {{script}}
            COMP_WORDS=({{line}}); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _vsh
            echo "${COMPREPLY[*]}"
            """);

        Assert.Equal(words, reply);
    }

    [Fact]
    public async Task Zsh_and_fish_scripts_know_every_verb()
    {
        var zsh = (await VmcRun.OfAsync("completion", "zsh")).Output;
        var fish = (await VmcRun.OfAsync("completion", "fish")).Output;

        Assert.StartsWith("#compdef vmc vsh\n", zsh, StringComparison.Ordinal);
        Assert.Contains("\" disk destroy\"", zsh, StringComparison.Ordinal);
        Assert.Contains("complete -c vmc -n '__fish_use_subcommand' -a start -d ", fish, StringComparison.Ordinal);
        Assert.Contains(
            "-n '__fish_seen_subcommand_from disk; and __fish_seen_subcommand_from create' -l size", fish, StringComparison.Ordinal);
    }

    private static async Task<string> BashAsync(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return output.TrimEnd('\n');
    }
}
