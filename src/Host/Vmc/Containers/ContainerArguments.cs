using System.CommandLine;
using System.CommandLine.Parsing;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Vmc.Containers;

/// <summary>A container as a command line names it.</summary>
internal sealed record ContainerPlace(string Vm, string Name)
{
    /// <summary>For the beginning of a sentence.</summary>
    public string InWords => $"Container '{Name}' of VM '{VmNameRule.Shown(Vm)}'";

    /// <summary>The same with only the name where that is all there is, for a command to type.</summary>
    public string ForCommand => Name == ContainerNameRule.Default ? Vm : $"{Vm} {Name}";
}

/// <summary>The two names with which every verb for one container begins.</summary>
internal sealed class ContainerArguments
{
    /// <summary>The argument that completion takes for the name of a container.</summary>
    public const string ContainerWord = "CONTAINER";

    /// <summary>The argument that completion takes for the name of a VM.</summary>
    public const string VmWord = "VM";

    private readonly Argument<string> _vm;

    private readonly Argument<string?> _name = new(ContainerWord)
    {
        Description = $"The name of the container; {ContainerNameRule.Default} when absent.",
        Arity = ArgumentArity.ZeroOrOne,
        Validators = { RefuseWrongName },
    };

    private ContainerArguments(Argument<string> vm) => _vm = vm;

    /// <summary>In a VM that is there.</summary>
    public static ContainerArguments Known() => new(CommonOptions.Name(VmWord));

    /// <summary>In a VM that the verb may make.</summary>
    public static ContainerArguments New() => new(CommonOptions.NewName(VmWord));

    /// <summary>The same where the container has to be named, as something follows.</summary>
    public ContainerArguments Named()
    {
        _name.Description = "The name of the container.";
        _name.Arity = ArgumentArity.ExactlyOne;
        return this;
    }

    public void AddTo(Command verb)
    {
        verb.Add(_vm);
        verb.Add(_name);
    }

    public ContainerPlace Read(ParseResult parsed) =>
        new(parsed.GetRequiredValue(_vm), parsed.GetValue(_name) ?? ContainerNameRule.Default);

    /// <summary>Why this cannot be the name of a container; null where it can.</summary>
    public static string? MistakeIn(string name) =>
        ContainerNameRule.Allows(name) ? null
        : name.Length == 0 ? $"A container's name cannot be empty. {ContainerNameRule.Sentence}"
        : $"'{VmNameRule.Shown(name)}' cannot be the name of a container. {ContainerNameRule.Sentence}";

    private static void RefuseWrongName(ArgumentResult result)
    {
        if (result.Tokens is [{ Value: var name }, ..] && MistakeIn(name) is { } mistake)
        {
            result.AddError(mistake);
        }
    }
}
