namespace VmTools.Host.Concierge.GuestAgent;

/// <summary>One mount to be made in the guest; flags are mount(2)'s.</summary>
internal sealed record GuestMount(string Source, string Target, string FileSystem)
{
    public ulong Flags { get; init; }

    public string Options { get; init; } = "";

    public bool CreateTarget { get; init; }
}
