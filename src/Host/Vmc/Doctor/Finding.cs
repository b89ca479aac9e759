namespace VmTools.Host.Vmc.Doctor;

/// <summary>One thing the doctor looked at, how it is, and the command that mends it where there is one.</summary>
internal sealed record Finding(string Name, Severity Severity, string Detail, string? Fix = null);
