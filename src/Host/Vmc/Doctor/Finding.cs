namespace VmTools.Host.Vmc.Doctor;

/// <summary>One thing the doctor looked at, how it is, and the command that mends it where there is one.</summary>
internal sealed record Finding(string Name, Severity Severity, string Detail, string? Fix = null);

/// <summary>What a finding means for starting a VM.</summary>
internal enum Severity
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>VMs start without it; with it something is faster, or possible that is not needed for that.</summary>
    Note,

    /// <summary>No VM starts like this.</summary>
    Missing,
}
