using VmTools.Protocol.Messages.Vsh;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>Whether what the host asks for can be done at all. What would be done by half, or as something else, is refused.</summary>
internal static class SetupRequest
{
    /// <summary>A sentence for the host, or null.</summary>
    public static string? ProblemOf(SetupConnectionRequest request)
    {
        if (HasNul(request.Target) || HasNul(request.User) || HasNul(request.Cwd))
        {
            return "the target, the user and the working directory may not hold a NUL byte";
        }

        if (request.Argv.Any(HasNul))
        {
            return "an argument holds a NUL byte, which no program can be given";
        }

        return request.Env.Any(pair => !IsPossible(pair.Key) || HasNul(pair.Value))
            ? "a variable's name is empty, holds '=' or a NUL byte, or its value holds a NUL byte"
            : null;
    }

    private static bool IsPossible(string name) => name.Length > 0 && !name.Contains('=') && !HasNul(name);

    private static bool HasNul(string text) => text.Contains('\0');
}
