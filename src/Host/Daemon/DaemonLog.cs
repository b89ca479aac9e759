using Microsoft.Extensions.Logging;
using VmTools.Host.Bus;
using VmTools.Linux;

namespace VmTools.Host.Daemon;

/// <summary>
/// What a daemon logs, on its standard error. Where that is a file of the runtime directory, which <see cref="Detached"/> or the bus
/// opened, no other program limits it: it becomes the daemon's own file, begun anew at a limit, with one predecessor.
/// </summary>
internal sealed class DaemonLog
{
    private const long Limit = 1 << 20;

    private readonly Lock _writing = new();
    private readonly FdHandle _error;
    private string? _own;

    /// <param name="program">The daemon's name.</param>
    /// <param name="clock">Dates the lines.</param>
    /// <param name="error">Standard error.</param>
    public DaemonLog(string program, TimeProvider clock, FdHandle error)
    {
        _error = error;
        Lines = new LineLog(Write, program, clock);
    }

    public ILogger Lines { get; }

    /// <summary>
    /// Makes the file the daemon's own. To be called by the one daemon of its name, as two would rename each other's files.
    /// </summary>
    public void OwnIfOurs(string path)
    {
        if (Fd.NameOf(_error) is { } present && Path.GetDirectoryName(present) == Path.GetDirectoryName(path))
        {
            lock (_writing)
            {
                try
                {
                    if (present != path)
                    {
                        // The bus's own log, which its other children write to.
                        Reopen(path);
                    }

                    _own = path;
                }
                catch (IOException)
                {
                    // It goes on where it is.
                }
            }
        }
    }

    /// <summary>A standard error that cannot be written to is ignored, as there is no other place to tell it.</summary>
    private void Write(byte[] line)
    {
        lock (_writing)
        {
            if (_own is { } path && Fd.SizeOf(_error) is var size && size > 0 && size + line.Length > Limit)
            {
                Rotate(path);
            }

            _ = Fd.TryWrite(_error, line, out _);
        }
    }

    private void Rotate(string path)
    {
        try
        {
            File.Move(path, path + ".1", overwrite: true);
            Reopen(path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // It goes on in the file it has; the next line tries again.
        }
    }

    /// <summary>The runtime's own words about a crash go there too, so it is the descriptor that moves.</summary>
    private void Reopen(string path)
    {
        using var file = FdHandle.Open(
            path,
            OpenFlags.Create | OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.NoFollow,
            FileModes.OwnerReadsAndWrites);
        Fd.Replace(_error, file);
    }
}
