namespace VmTools.SystemTests;

/// <summary>A program or library that was loaded.</summary>
internal sealed record DebuggerModule(string Name, string BuildId, ulong Start)
{
    private const int GuidSize = 16;

    /// <summary>The kernel's own piece of each process has no file, and debuggers have several names for it.</summary>
    public bool IsKernels =>
        Name.StartsWith("[vdso]", StringComparison.Ordinal) || Name.StartsWith("linux-vdso.so.1", StringComparison.Ordinal);

    /// <summary>
    /// Breakpad makes a GUID, with three numbers in the order of the machine, of the beginning of the build id; an age of 0 follows.
    /// </summary>
    public string DebugId
    {
        get
        {
            var id = Convert.FromHexString(BuildId.Replace("-", "", StringComparison.Ordinal));
            Array.Resize(ref id, GuidSize);
            return $"{new Guid(id):N}0".ToUpperInvariant();
        }
    }
}
