using System.Runtime;
using VmTools.Linux.Libc;
using VmTools.Linux.Rights;

namespace VmTools.Linux.ProcessControl;

/// <summary>
/// What a program may still do from its first instruction on. Landlock and capabilities belong to a thread and are inherited by what
/// it starts; a runtime has threads of its own before any code of ours runs, and no system call reaches those. So a thread takes this
/// upon itself and then becomes the program, which begins with that one thread: by <see cref="Enter"/> the program itself, once more,
/// or by <see cref="SpawnRequest.Confinement"/> a child.
/// </summary>
public sealed record Confinement
{
    /// <summary>
    /// Tells the program that it has been started for the second time: the process, by pid and start time, that took it upon itself.
    /// </summary>
    private const string Variable = "VMTOOLS_CONFINED";

    /// <summary>
    /// A runtime that compiles while the program runs makes memory executable, and reads files from wherever it is installed: such a
    /// program, which is one under development, cannot be confined as the published one is.
    /// </summary>
    public static bool IsPossible => JitInfo.GetCompiledMethodCount() == 0;

    /// <summary>Null leaves the files as they are.</summary>
    public LandlockRules? Files { get; init; }

    /// <summary>What is kept of the capabilities, where there are any.</summary>
    public Capability Keep { get; init; }

    /// <summary>
    /// Takes effect by executing this program again, with the same arguments, descriptors and process id. Returns where that has been
    /// done, or where there is nothing to take away. To be called before anything is opened or started that the first run would leave
    /// behind.
    /// </summary>
    public void Enter(IReadOnlyList<string> commandLine)
    {
        if (Environment.GetEnvironmentVariable(Variable) == Mark())
        {
            Environment.SetEnvironmentVariable(Variable, null);
            return;
        }

        if (!IsPossible)
        {
            return;
        }

        using var files = Files?.Open();
        if (files is not null || !Capabilities.AreWithin(Keep))
        {
            Restrict(files);
            Become(commandLine);
        }
    }

    /// <summary>What the spawning thread needs, opened beforehand: null where Landlock has no part in it.</summary>
    internal FdHandle? OpenFiles() => Files?.Open();

    /// <summary>Takes rights from the calling thread for good.</summary>
    internal void Restrict(FdHandle? files)
    {
        Capabilities.KeepOnly(Keep);
        Syscall.Check(Native.ProcessControl(Native.ProcessNoNewPrivileges, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS");
        if (files is not null)
        {
            Syscall.Check((int)Native.Call(Native.CallLandlockRestrictSelf, files, 0, 0, 0), "landlock_restrict_self");
        }
    }

    private static unsafe void Become(IReadOnlyList<string> commandLine)
    {
        var environment = Processes.OwnEnvironment();
        environment[Variable] = Mark();
        var path = PathOf(commandLine[0]);
        using var program = new NativeStrings([path]);
        using var arguments = new NativeStrings(commandLine);
        using var variables = new NativeStrings([.. environment.Select(pair => $"{pair.Key}={pair.Value}")]);
        Syscall.Check(Native.Execute(program.Array[0], arguments.Array, variables.Array), "execute", path);
    }

    /// <summary>
    /// The link that we were started by, because process lists show its name; else our file, whatever its name is by now.
    /// </summary>
    private static string PathOf(string ownName) =>
        Path.Combine(AppContext.BaseDirectory, Path.GetFileName(ownName)) is var link && File.Exists(link) ? link : "/proc/self/exe";

    private static string Mark() => $"{Environment.ProcessId}.{Processes.StartTimeOf(Environment.ProcessId)}";
}
