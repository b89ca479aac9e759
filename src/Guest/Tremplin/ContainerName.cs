using System.Diagnostics.CodeAnalysis;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.Tremplin;

/// <summary>The name of a container, which can be a host name, a directory and a cgroup as it stands.</summary>
internal sealed record ContainerName
{
    private ContainerName(string value) => Value = value;

    public string Value { get; }

    public static bool TryParse(string text, [NotNullWhen(true)] out ContainerName? name)
    {
        name = ContainerNameRule.Allows(text) ? new ContainerName(text) : null;
        return name is not null;
    }

    public override string ToString() => Value;
}
