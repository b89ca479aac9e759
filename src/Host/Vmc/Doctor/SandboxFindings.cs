using VmTools.Host.Sandbox;
using VmTools.Linux.Rights;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>
/// What holds around each program, layer by layer (docs/decisions/sandbox.md). A kernel that lacks a layer still runs VMs: that is a note.
/// </summary>
internal static class SandboxFindings
{
    private const string Bare = "no new privileges; no capabilities";

    /// <summary>The rules that a program asks for here, apart from its files.</summary>
    private static readonly LandlockRules OfDevice = new() { WithoutTcp = true, Apart = true };
    private static readonly LandlockRules OfSlirp = new() { Apart = true };
    private static readonly DaemonSandbox OfDaemon = new() { Files = new LandlockRules { WithoutTcp = true } };

    /// <param name="layers">What this kernel has.</param>
    /// <param name="noOwnUser">Why QEMU has no user id of its own; null where it has.</param>
    /// <param name="hasNetwork">Whether guests have a network apart from QEMU's own, for which TCP stays open to QEMU.</param>
    public static IEnumerable<Finding> Of(KernelLayers layers, string? noOwnUser, bool hasNetwork)
    {
        var severity = layers is { Landlock: > 0, HasFilters: true } ? Severity.Ok : Severity.Note;
        var user = noOwnUser is null ? "a user id of its own" : $"your user id ({noOwnUser})";
        var qemu = new LandlockRules { WithoutTcp = hasNetwork, Apart = true };
        yield return new Finding("vm_vsock", severity, $"{Bare}; {layers.FilterText}; {layers.LandlockFor(OfDevice)}");
        yield return new Finding("QEMU", severity, $"{Bare}; {user}; {layers.FilterText}; {layers.LandlockFor(qemu)}");
        yield return new Finding("slirp4netns", severity, $"{Bare}; {layers.FilterText}; {layers.LandlockFor(OfSlirp)}");
        yield return new Finding("vmlog_forwarder", severity, OfDaemon.Describe(layers));

        // What a user's own upload hook changes is told in the daemon's log when it starts.
        yield return new Finding("vm_cicerone", severity, OfDaemon.Describe(layers));
        yield return new Finding("vm_concierge", Severity.Ok, DaemonSandbox.OfVmStarter.Describe(layers));
    }
}
