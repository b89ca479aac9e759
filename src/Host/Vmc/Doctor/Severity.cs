namespace VmTools.Host.Vmc.Doctor;

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
