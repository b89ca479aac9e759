using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Vsh;

/// <summary>What a vsh command line asks for.</summary>
internal sealed record VshOptions
{
    /// <summary>The VM by name; null where the CID was given.</summary>
    public string? Vm { get; init; }

    public Cid? Cid { get; init; }

    /// <summary>The container in the VM; null for the VM itself.</summary>
    public string? Container { get; init; }

    /// <summary>The container was the word behind the VM's name, where a user may have forgotten the dashes before a command.</summary>
    public bool IsContainerAWord { get; init; }

    /// <summary>Null: the calling user's own VMs.</summary>
    public string? Owner { get; init; }

    /// <summary>Empty: the guest's default user.</summary>
    public string User { get; init; } = "";

    public string Directory { get; init; } = "";

    /// <summary>Begin where this process of the guest is; 0 for none.</summary>
    public int DirectoryOfPid { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Empty: the user's login shell.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public bool WantsHelp { get; init; }

    public bool WantsVersion { get; init; }

    /// <summary>What is wrong and what to do where the container does not run.</summary>
    public string NoContainer =>
        $"VM {VmInWords} has no running container '{Container}'."
        + (Vm is not null && VmNameRule.Allows(Vm)
            ? $" 'vmc container list {Vm}' shows its containers, 'vmc container start {Vm} {Container}' starts one."
            : "")
        + (IsContainerAWord ? $" If '{Container}' is a command: vsh {Vm} -- {Container}" : "");

    /// <summary>How messages name the VM.</summary>
    public string VmInWords => Vm is null ? $"with CID {Cid}" : $"'{VmNameRule.Shown(Vm)}'";
}
