using VmTools.Host.Sandbox;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>
/// What holds around each program, layer by layer (docs/decisions/sandbox.md). A kernel that lacks a layer still runs VMs: that is a note.
/// </summary>
internal static class SandboxFindings
{
    private const string Bare = "no new privileges; no capabilities";

    private static readonly DaemonSandbox OfDaemon = new() { Files = ProgramRules.OfDaemon() };

    /// <param name="layers">What this kernel has.</param>
    /// <param name="noOwnUser">Why QEMU has no user id of its own; null where it has.</param>
    /// <param name="hasNetwork">Whether guests have a network apart from QEMU's own, for which TCP stays open to QEMU.</param>
    public static IEnumerable<Finding> Of(KernelLayers layers, string? noOwnUser, bool hasNetwork)
    {
        var severity = layers is { Landlock: > 0, HasFilters: true } ? Severity.Ok : Severity.Note;
        var user = noOwnUser is null ? "a user id of its own" : $"your user id ({noOwnUser})";
        yield return new Finding("vm_vsock", severity, $"{Bare}; {layers.FilterText}; {layers.LandlockFor(ProgramRules.OfDevice())}");
        yield return new Finding(
            "QEMU", severity, $"{Bare}; {user}; {layers.FilterText}; {layers.LandlockFor(ProgramRules.OfVmm(hasNetwork))}");
        yield return new Finding("slirp4netns", severity, $"{Bare}; {layers.FilterText}; {layers.LandlockFor(ProgramRules.OfNetwork())}");
        yield return new Finding("vmlog_forwarder", severity, OfDaemon.Describe(layers));

        // What a user's own upload hook changes is told in the daemon's log when it starts.
        yield return new Finding("vm_cicerone", severity, OfDaemon.Describe(layers));
        yield return new Finding("vm_concierge", Severity.Ok, DaemonSandbox.OfVmStarter.Describe(layers));
    }
}
