using VmTools.Linux;

namespace VmTools.Host.Sandbox;

/// <summary>A program that is a script: it may start anything, so what it needs cannot be told and it cannot be confined.</summary>
internal static class ScriptProgram
{
    /// <summary>Why the program cannot be confined; null for one that can.</summary>
    public static string? ReasonAgainstSandbox(string program)
    {
        try
        {
            Span<byte> head = stackalloc byte[2];
            using var file = FdHandle.Open(program, OpenFlags.ReadOnly);
            return Fd.TryRead(file, head, out var count) == Errno.None && count == 2 && head.SequenceEqual("#!"u8)
                ? $"{program} is a script, and what it starts is not known"
                : null;
        }
        catch (LinuxException)
        {
            // Executing it says why, if it cannot be executed either.
            return null;
        }
    }
}
