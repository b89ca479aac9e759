using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Completion;

/// <summary><c>vmc completion</c>: a script that teaches a shell our verbs and options.</summary>
internal static class CompletionVerb
{
    public static Command Build(VmcContext context, Func<Command> root)
    {
        var shell = new Argument<string>("SHELL") { Description = "Which shell: bash, zsh or fish." };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        shell.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && token.Value is not ("bash" or "zsh" or "fish"))
            {
                result.AddError($"there is no completion for '{token.Value}'; the shells are bash, zsh and fish.");
            }
        });
        var verb = new VerbCommand("completion", "Prints a completion script for a shell.")
        {
            Examples =
            [
                new("source <(vmc completion bash)", "for this bash"),
                new("vmc completion zsh > ~/.zfunc/_vmc", "for every zsh that has ~/.zfunc in its fpath"),
                new("vmc completion fish > ~/.config/fish/completions/vmc.fish", "for every fish"),
            ],
        };
        verb.Add(shell);
        verb.SetAction(parsed =>
        {
            context.Console.Output.Write(parsed.GetRequiredValue(shell) switch
            {
                "bash" => CompletionScript.Bash(root()),
                "zsh" => CompletionScript.Zsh(root()),
                _ => CompletionScript.Fish(root()),
            });
            return ExitCode.Success;
        });
        return verb;
    }
}
