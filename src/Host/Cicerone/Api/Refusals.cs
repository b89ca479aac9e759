using VmTools.Host.Cicerone.Containers;
using VmTools.Host.GuestText;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Cicerone.Api;

/// <summary>Why a request about containers cannot be done, whatever the VM would say.</summary>
internal static class Refusals
{
    private const int MostShown = ContainerNameRule.MaxLength;

    public static string UnknownVm(string name) =>
        $"No VM '{SafeText.ForSentence(name, MostShown)}' of this owner runs. 'vmc start' or 'vmc container create' starts it.";

    public static string BadName(string name) => name.Length == 0
        ? $"The request names no container. {ContainerNameRule.Sentence}"
        : $"'{SafeText.ForSentence(name, MostShown)}' cannot be the name of a container. {ContainerNameRule.Sentence}";

    public static string NoContainers(string vm) =>
        $"VM '{SafeText.ForSentence(vm, MostShown)}' is of a kind that has no containers.";

    public static string NotRunning(ContainerName name) =>
        $"Container '{name}' does not run. 'vmc container start' starts it.";

    public static string NoAgent(ContainerName name) =>
        $"The agent of container '{name}' has not said that it can be called. It runs once the container has a user; "
        + "'vmc container list' tells the state.";

    public static string TooMany(string vm) =>
        $"VM '{SafeText.ForSentence(vm, MostShown)}' has {ContainerTable.MostPerVm} containers, and no more are kept. Delete one first.";
}
