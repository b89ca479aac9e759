using System.Globalization;
using System.Text;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Device;

/// <summary>
/// The dynamic CIDs. Numbers rise and wrap, so one comes back as late as possible and never within a minute of its release:
/// whatever still talks about the old VM must not reach the new one. The next number survives the daemon in a file.
/// </summary>
internal sealed class Cids(ICidMemory memory, TimeProvider clock)
{
    /// <summary>3 to 31 are kept for fixed uses.</summary>
    public const uint First = 32;

    public const uint End = 8192;

    public static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly HashSet<uint> _taken = [];
    private readonly Dictionary<uint, long> _released = [];
    private uint _next = memory.Read() is { } next and >= First and < End ? next : First;

    public CidLease Take()
    {
        lock (_lock)
        {
            for (var tried = First; tried < End; tried++)
            {
                var candidate = _next;
                _next = candidate + 1 == End ? First : candidate + 1;
                if (IsFree(candidate))
                {
                    memory.Write(_next);
                    return Lease(candidate);
                }
            }
        }

        throw new VmToolsException(ErrorKind.ResourceExhausted, "Every CID is in use. Stop a VM first.");
    }

    /// <summary>Takes the CID that a VM of a former daemon has.</summary>
    public CidLease Adopt(Cid cid)
    {
        lock (_lock)
        {
            return Lease(cid.Value);
        }
    }

    private CidLease Lease(uint value)
    {
        _taken.Add(value);
        return new CidLease(new Cid(value), GiveBack);
    }

    private bool IsFree(uint value) =>
        !_taken.Contains(value)
        && (!_released.TryGetValue(value, out var since) || clock.GetElapsedTime(since) >= Quarantine);

    private void GiveBack(Cid cid)
    {
        lock (_lock)
        {
            if (_taken.Remove(cid.Value))
            {
                _released[cid.Value] = clock.GetTimestamp();
            }
        }
    }
}

/// <summary>A CID until it is given back.</summary>
internal sealed class CidLease(Cid value, Action<Cid> giveBack) : IAsyncDisposable
{
    public Cid Value => value;

    public ValueTask DisposeAsync()
    {
        giveBack(value);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Where the next CID is kept between two daemons: a file, or nothing in a test.</summary>
internal interface ICidMemory
{
    uint? Read();

    void Write(uint next);
}

/// <summary>
/// The next CID as a line of digits in the runtime directory. It is gone after a reboot, and so are the VMs. A file that
/// cannot be read or written costs only the memory of CIDs released just before a restart.
/// </summary>
internal sealed class CidFile(string path) : ICidMemory
{
    private const int MostBytes = 16;

    public uint? Read()
    {
        try
        {
            var text = SmallFile.Read(path, MostBytes);
            return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var next) ? next : null;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(uint next)
    {
        try
        {
            var text = Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture));
            AtomicFile.Write(path, text, FileModes.OwnerReadsAndWrites);
        }
        catch (IOException)
        {
            // A full runtime directory must not keep a VM from starting: the records still say which CIDs are in use.
        }
    }
}
