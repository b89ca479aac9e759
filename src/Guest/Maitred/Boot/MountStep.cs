using VmTools.Linux;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>One row of the mount table.</summary>
/// <param name="Source">What is mounted.</param>
/// <param name="Target">Where; made first where it is missing.</param>
/// <param name="Type">The file system.</param>
/// <param name="Flags">How.</param>
/// <param name="Options">Options of the file system itself.</param>
/// <param name="IsRequired">Without it the VM cannot be used; anything else only gets a line in the log.</param>
internal sealed record MountStep(string Source, string Target, string Type, MountFlags Flags, string? Options, bool IsRequired);
