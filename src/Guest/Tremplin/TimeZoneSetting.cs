using System.Diagnostics.CodeAnalysis;

namespace VmTools.Guest.Tremplin;

/// <summary>A time zone by the host's name of it, and for containers without its file as TZ has it (tzset(3)).</summary>
internal sealed record TimeZoneSetting
{
    private const int MaxNameLength = 64;
    private const int MaxPosixLength = 128;

    private TimeZoneSetting(string name, string posix) => (Name, Posix) = (name, posix);

    /// <summary>A path below /usr/share/zoneinfo.</summary>
    public string Name { get; }

    /// <summary>Empty where the host does not know it.</summary>
    public string Posix { get; }

    /// <summary>False where the name could lead out of the directory of zones, or either text has letters that no zone has.</summary>
    public static bool TryParse(string name, string posix, [NotNullWhen(true)] out TimeZoneSetting? zone)
    {
        var isName = name.Length is > 0 and <= MaxNameLength
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '_' or '+' or '-')
            && name.Split('/').All(part => part.Length > 0 && part[0] is not ('-' or '+'));
        var isPosix = posix.Length <= MaxPosixLength
            && posix.All(letter => letter is > ' ' and <= '~' and not ('\'' or '"' or '\\' or '$'));
        zone = isName && isPosix ? new TimeZoneSetting(name, posix) : null;
        return zone is not null;
    }
}
