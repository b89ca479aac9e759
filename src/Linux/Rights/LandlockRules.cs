using VmTools.Linux.Libc;

namespace VmTools.Linux.Rights;

/// <summary>
/// What a program may reach, written down; nothing else of what the kernel's Landlock decides about. Paths are looked up when the
/// rules are opened: what is not there then cannot be reached later either.
/// </summary>
public sealed class LandlockRules
{
    private readonly List<(string Path, LandlockAccess Access)> _paths = [];
    private readonly List<(FdHandle File, LandlockAccess Access)> _files = [];

    /// <summary>No TCP port is bound or connected to.</summary>
    public bool WithoutTcp { get; init; }

    /// <summary>No signal and no connection to an abstract socket goes to a process outside.</summary>
    public bool Apart { get; init; }

    /// <summary>Allows this with a file, or with all that is below a directory. Where nothing is, nothing is allowed.</summary>
    public LandlockRules Allow(LandlockAccess access, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            _paths.Add((path, access));
        }

        return this;
    }

    /// <summary>Allows this with an open file, whatever its name; the handle must be open until the rules are.</summary>
    public LandlockRules Allow(LandlockAccess access, FdHandle file)
    {
        _files.Add((file, access));
        return this;
    }

    /// <summary>The ruleset, for threads to be restricted by; null where the kernel has no Landlock.</summary>
    internal unsafe FdHandle? Open()
    {
        var (version, _) = Landlock.Ask();
        if (version == 0)
        {
            return null;
        }

        var known = Landlock.FileAccess(version);
        var attributes = new LandlockRuleset
        {
            Files = (ulong)known,
            Network = WithoutTcp && Landlock.HasNetwork(version) ? Native.LandlockBindTcp | Native.LandlockConnectTcp : 0,
            Scoped = Apart && Landlock.HasScopes(version) ? Native.LandlockScopeAbstractSockets | Native.LandlockScopeSignals : 0,
        };

        // SAFETY: the kernel reads as many bytes as the structure has.
        var fd = Native.Call(Native.CallLandlockCreateRuleset, (nint)(&attributes), sizeof(LandlockRuleset), 0);
        var ruleset = new FdHandle(Syscall.Check((int)fd, "landlock_create_ruleset"));
        try
        {
            _paths.ForEach(rule => Add(ruleset, rule.Path, rule.Access & known));
            _files.ForEach(rule => Add(ruleset, rule.File, rule.Access & known));
            return ruleset;
        }
        catch
        {
            ruleset.Dispose();
            throw;
        }
    }

    private static void Add(FdHandle ruleset, string path, LandlockAccess access)
    {
        try
        {
            using var file = FdHandle.Open(path, OpenFlags.Path);
            Add(ruleset, file, access);
        }
        catch (LinuxException gone) when (gone.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES)
        {
            // Nothing that we could reach is there.
        }
    }

    private static unsafe void Add(FdHandle ruleset, FdHandle file, LandlockAccess access)
    {
        var isDirectory = FileStatus.Of(file).Kind == FileKind.Directory;
        var rule = new LandlockPath
        {
            Allowed = (ulong)(isDirectory ? access : access & LandlockAccess.OfFiles),
            Fd = (int)file.DangerousGetHandle(),
        };
        if (rule.Allowed == 0)
        {
            return;
        }

        // SAFETY: the kernel reads the 12 bytes of the structure.
        var outcome = Native.Call(Native.CallLandlockAddRule, ruleset, Native.LandlockPathBeneath, (nint)(&rule), 0);

        // EBADFD: files of the kernel's own, such as memfds and pipes, have no place in the tree and are never refused.
        if (outcome == -1 && Syscall.LastError != Errno.EBADFD)
        {
            throw new LinuxException(Syscall.LastError, "landlock_add_rule");
        }
    }
}
