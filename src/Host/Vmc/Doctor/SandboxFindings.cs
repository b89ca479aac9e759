using VmTools.Host.Sandbox;
using VmTools.Linux;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>
/// What holds around each program, layer by layer (docs/decisions/sandbox.md). A kernel that lacks a layer still runs VMs: that is a note.
/// </summary>
internal static class SandboxFindings
{
    /// <summary>What a user's own upload hook changes is told in the daemon's log when it starts.</summary>
    public static IEnumerable<Finding> Of(KernelLayers layers, string? noOwnUser)
    {
        var severity = layers is { Landlock: > 0, HasFilters: true } ? Severity.Ok : Severity.Note;
        yield return new Finding("vm_vsock", severity, $"no new privileges; no capabilities; {layers.FilterText}; {layers.LandlockText}");
        yield return new Finding(
            "QEMU", severity,
            $"no new privileges; no capabilities; {(noOwnUser is null ? "a user id of its own" : $"your user id ({noOwnUser})")}; "
                + $"{layers.FilterText}; {layers.LandlockText}");
        yield return new Finding("slirp4netns", severity, $"no new privileges; no capabilities; {layers.FilterText}; {WithoutTcp(layers)}");
        yield return new Finding("vmlog_forwarder", severity, new DaemonSandbox { Files = new LandlockRules() }.Describe(layers));
        yield return new Finding("vm_cicerone", severity, new DaemonSandbox { Files = new LandlockRules() }.Describe(layers));
        yield return new Finding("vm_concierge", Severity.Ok, DaemonSandbox.OfVmStarter.Describe(layers));
    }

    private static string WithoutTcp(KernelLayers layers) => layers.LandlockText.Replace("files, TCP,", "files,", StringComparison.Ordinal);

    /// <summary>Why VMMs run under our own user id; null where they do not.</summary>
    public static string? WhyNoOwnUser() =>
        Users.EffectiveId != 0 ? "only root can give others away"
        : VmmUser.IsPossible ? null
        : "root here may not give others away";
}
