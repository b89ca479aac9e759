namespace VmTools.Linux.Libc;

/// <summary>
/// The C library, imported by topic in the files of this folder: C# names, the real entry points beside them, an <c>int</c>
/// that the library returns stays an <c>int</c>, and the kernel's constants stand next to the call that takes them.
/// </summary>
internal static partial class Native
{
    private const string Library = "libc";
}
