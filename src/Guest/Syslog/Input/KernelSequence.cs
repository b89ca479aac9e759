using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace VmTools.Guest.Syslog.Input;

/// <summary>
/// A small file with the sequence of the last kernel record that the host has, so that a program that is started again does
/// not send it twice. It lies where it is gone with the kernel's log itself.
/// </summary>
internal sealed class KernelSequence : IDisposable
{
    private const int MaxDigits = 20;

    private readonly SafeFileHandle _file;

    private KernelSequence(SafeFileHandle file, ulong next) => (_file, Next) = (file, next);

    /// <summary>The sequence of the first record that the host had not got when the file was opened.</summary>
    public ulong Next { get; }

    /// <summary>A file that cannot be read or understood counts as a new one.</summary>
    public static KernelSequence Open(string path)
    {
        var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        Span<byte> text = stackalloc byte[MaxDigits];
        var length = RandomAccess.Read(file, text, 0);
        var isKnown = ulong.TryParse(text[..length].TrimEnd((byte)'\n'), NumberStyles.None, CultureInfo.InvariantCulture, out var last);
        return new KernelSequence(file, isKnown && last < ulong.MaxValue ? last + 1 : 0);
    }

    /// <summary>Sequences only grow, so nothing of the former one is left behind it.</summary>
    public void Write(ulong last)
    {
        try
        {
            RandomAccess.Write(_file, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last}\n")), 0);
        }
        catch (IOException)
        {
            // A full disk: after a restart records may come twice, which is better than not at all.
        }
    }

    public void Dispose() => _file.Dispose();
}
