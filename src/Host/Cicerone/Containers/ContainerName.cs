using VmTools.Protocol.Wire;

namespace VmTools.Host.Cicerone.Containers;

/// <summary>The name of a container that can exist: what a caller or a guest says is one only by the rule.</summary>
internal readonly record struct ContainerName
{
    private ContainerName(string value) => Value = value;

    public string Value { get; }

    public static bool TryParse(string text, out ContainerName name)
    {
        name = ContainerNameRule.Allows(text) ? new ContainerName(text) : default;
        return name != default;
    }

    /// <summary>A name that may be left out: then the stock container is meant.</summary>
    public static bool TryParseOrDefault(string text, out ContainerName name) =>
        TryParse(text.Length == 0 ? ContainerNameRule.Default : text, out name);

    public override string ToString() => Value;
}
