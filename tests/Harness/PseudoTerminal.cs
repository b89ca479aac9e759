using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace VmTools.Harness;

/// <summary>A program at a terminal of its own, with the test in the place of the person (pty(7)).</summary>
public sealed partial class PseudoTerminal : IDisposable
{
    private const int ReadWriteNoControl = 0x2 | 0x100 | 0x80000;
    private const nuint SetWindowSize = 0x5414;

    private readonly SafeFileHandle _master;
    private readonly FileStream _stream;
    private readonly StringBuilder _seen = new();
    private readonly Task _reading;

    private PseudoTerminal(SafeFileHandle master, Process process)
    {
        _master = master;
        _stream = new FileStream(master, FileAccess.ReadWrite, bufferSize: 0);
        Process = process;
        _reading = Task.Run(ReadAll);
    }

    public Process Process { get; }

    /// <summary>The slave's name.</summary>
    public string Path { get; private init; } = "";

    /// <summary>Starts a command as the leader of a session that works at this terminal.</summary>
    public static PseudoTerminal Start(HostCommand command, ushort rows, ushort columns)
    {
        var master = new SafeFileHandle(OpenMaster(ReadWriteNoControl), ownsHandle: true);
        if (master.IsInvalid || Grant(master) != 0 || Unlock(master) != 0)
        {
            throw new InvalidOperationException("There is no pseudo-terminal to be had.");
        }

        Span<byte> name = stackalloc byte[64];
        NameOf(master, ref MemoryMarshal.GetReference(name), (nuint)name.Length);
        var path = Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]);
        SetSize(master, rows, columns);
        var line = new HostCommand("sh", ["-c", $"exec setsid -c -w \"$@\" <>{path} >&0 2>&0", "sh", command.Program, .. command.Arguments])
        {
            Environment = command.Environment,
        };
        return new PseudoTerminal(master, line.Start()) { Path = path };
    }

    /// <summary>Everything the program has written so far.</summary>
    public string Seen
    {
        get
        {
            lock (_seen)
            {
                return _seen.ToString();
            }
        }
    }

    public void Type(string keys) => _stream.Write(Encoding.UTF8.GetBytes(keys));

    public void Resize(ushort rows, ushort columns) => SetSize(_master, rows, columns);

    /// <summary>Waits until the text has been written; fails with what was there instead.</summary>
    public async Task ExpectAsync(string text, TimeSpan limit)
    {
        for (var end = DateTime.UtcNow + limit; !Seen.Contains(text, StringComparison.Ordinal); await Task.Delay(20))
        {
            if (DateTime.UtcNow > end)
            {
                throw new TimeoutException($"'{text}' did not come; the terminal shows: {Seen}");
            }
        }
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill(entireProcessTree: true);
        }

        Process.WaitForExit();
        _reading.Wait();
        Process.Dispose();
        _stream.Dispose();
    }

    private void ReadAll()
    {
        var buffer = new byte[4096];
        while (!Process.HasExited || Seen.Length == 0)
        {
            try
            {
                var count = _stream.Read(buffer);
                lock (_seen)
                {
                    _seen.Append(Encoding.UTF8.GetString(buffer, 0, count));
                }
            }
            catch (IOException)
            {
                // Nobody has the terminal open: not yet, or no more.
                if (Process.WaitForExit(TimeSpan.FromMilliseconds(20)))
                {
                    return;
                }
            }
        }
    }

    private static void SetSize(SafeFileHandle master, ushort rows, ushort columns)
    {
        Span<ushort> size = [rows, columns, 0, 0];
        if (Control(master, SetWindowSize, ref MemoryMarshal.GetReference(size)) != 0)
        {
            throw new InvalidOperationException("The terminal took no size.");
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt")]
    private static partial int OpenMaster(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt")]
    private static partial int Grant(SafeFileHandle master);

    [LibraryImport("libc", EntryPoint = "unlockpt")]
    private static partial int Unlock(SafeFileHandle master);

    [LibraryImport("libc", EntryPoint = "ptsname_r")]
    private static partial int NameOf(SafeFileHandle master, ref byte name, nuint length);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(SafeFileHandle fd, nuint request, ref ushort size);
}
