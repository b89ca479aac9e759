using System.Runtime.InteropServices;
using VmTools.Linux.Libc;

namespace VmTools.Linux.ProcessControl;

/// <summary>
/// One posix_spawn(3), prepared in unmanaged memory. glibc makes the child with CLONE_VM | CLONE_VFORK and does in C what
/// lies between fork and exec, so no managed code ever runs in a half-copied process, and a failing exec comes back as the
/// error number of the call.
/// </summary>
internal sealed unsafe class PosixSpawn : IDisposable
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int FirstPassedFd = 3;

    private readonly SpawnRequest _request;
    private readonly NativeStrings _arguments;
    private readonly NativeStrings _environment;
    private readonly NativeStrings _program;
    private readonly List<FdHandle> _sources = [];
    private readonly void* _attributes = NativeMemory.AllocZeroed(Native.SpawnStructureSize);
    private readonly void* _actions = NativeMemory.AllocZeroed(Native.SpawnStructureSize);
    private readonly int _firstUnusedFd;

    public PosixSpawn(SpawnRequest request)
    {
        _request = request;
        _firstUnusedFd = FirstPassedFd + request.PassFds.Count;
        var environment = request.Environment ?? Processes.OwnEnvironment();
        _arguments = new NativeStrings(request.Arguments);
        _environment = new NativeStrings([.. environment.Select(pair => $"{pair.Key}={pair.Value}")]);
        _program = new NativeStrings([request.SearchPath ? Find(request.Program, environment) : request.Program]);
        _ = Native.SpawnAttributesInit(_attributes);
        _ = Native.SpawnActionsInit(_actions);
        try
        {
            Prepare();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Starts the program and returns its pid.</summary>
    public int Start()
    {
        var (failed, error, pid) = _request.RunAs is null && _request.Umask is null && !_request.OwnMounts && _request.Confinement is null
            ? StartHere()
            : SpawnThread.Run(_request, StartHere);
        Syscall.Check(error, failed, _request.Program);
        return pid;
    }

    public void Dispose()
    {
        _ = Native.SpawnActionsDestroy(_actions);
        _ = Native.SpawnAttributesDestroy(_attributes);
        NativeMemory.Free(_actions);
        NativeMemory.Free(_attributes);
        _arguments.Dispose();
        _environment.Dispose();
        _program.Dispose();
        _sources.ForEach(fd => fd.Dispose());
    }

    private SpawnOutcome StartHere()
    {
        int pid;
        var error = Native.Spawn(&pid, _program.Array[0], _actions, _attributes, _arguments.Array, _environment.Array);
        return new SpawnOutcome("execute", (Errno)error, pid);
    }

    private void Prepare()
    {
        // The runtime ignores SIGPIPE, which a child would inherit; nothing else of ours is its business either.
        var allSignals = stackalloc byte[128];
        var noSignals = stackalloc byte[128];
        new Span<byte>(noSignals, 128).Clear();
        _ = Native.SignalSetFill(allSignals);
        Check(Native.SpawnAttributesSetSignalDefaults(_attributes, allSignals));
        Check(Native.SpawnAttributesSetSignalMask(_attributes, noSignals));
        var session = _request.NewSession || _request.ControllingTerminal is not null;
        Check(Native.SpawnAttributesSetFlags(
            _attributes,
            (short)(Native.SpawnSetSignalDefaults | Native.SpawnSetSignalMask | (session ? Native.SpawnSetSession : 0))));

        if (_request.WorkingDirectory is { } directory)
        {
            using var opened = FdHandle.Open(directory, OpenFlags.Path | OpenFlags.Directory);
            Check(Native.SpawnActionsAddChangeDirectory(_actions, SourceOf(opened)));
        }

        AddStandardFds();
        for (var i = 0; i < _request.PassFds.Count; i++)
        {
            Check(Native.SpawnActionsAddDuplicate(_actions, SourceOf(_request.PassFds[i]), FirstPassedFd + i));
        }

        Check(Native.SpawnActionsAddCloseFrom(_actions, _firstUnusedFd));
    }

    private void AddStandardFds()
    {
        if (_request.ControllingTerminal is { } terminal)
        {
            // A terminal belongs to who works at it, as login(1) has it; the child could not open it otherwise.
            if (_request.RunAs is { } user)
            {
                Syscall.Check(Native.ChangeOwner(terminal, user.Uid, uint.MaxValue), "chown", terminal);
            }

            // The C library opens files after setsid: the first terminal that a session leader opens becomes its own.
            Check(Native.SpawnActionsAddOpen(_actions, 0, terminal, (int)OpenFlags.ReadWrite, 0));
            Check(Native.SpawnActionsAddDuplicate(_actions, 0, 1));
            Check(Native.SpawnActionsAddDuplicate(_actions, 0, 2));
            return;
        }

        using var nothing = FdHandle.Open("/dev/null", OpenFlags.ReadWrite);
        Check(Native.SpawnActionsAddDuplicate(_actions, SourceOf(_request.StandardInput ?? nothing), 0));
        Check(Native.SpawnActionsAddDuplicate(_actions, SourceOf(_request.StandardOutput ?? nothing), 1));
        Check(Native.SpawnActionsAddDuplicate(_actions, SourceOf(_request.StandardError ?? nothing), 2));
    }

    /// <summary>
    /// A duplicate above every number that the child will use: no dup2 in the child can then overwrite a source that is
    /// still needed, and none is onto its own number, which would leave close-on-exec set.
    /// </summary>
    private int SourceOf(FdHandle fd)
    {
        var source = fd.DuplicateFrom(_firstUnusedFd);
        _sources.Add(source);
        return (int)source.DangerousGetHandle();
    }

    /// <summary>posix_spawnp would search the PATH of this process, not the one that the program is to have.</summary>
    private static string Find(string program, IReadOnlyDictionary<string, string> environment)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return program;
        }

        var path = environment.TryGetValue("PATH", out var own) ? own : DefaultPath;
        var candidates = path.Split(':').Where(Path.IsPathRooted).Select(directory => Path.Combine(directory, program)).ToList();
        return candidates.FirstOrDefault(file => File.Exists(file) && (File.GetUnixFileMode(file) & FileModes.AnybodyExecutes) != 0)
            ?? throw new LinuxException(candidates.Exists(File.Exists) ? Errno.EACCES : Errno.ENOENT, "execute", program);
    }

    private static void Check(int error) => Syscall.Check((Errno)error, "posix_spawn");
}
