using System.Diagnostics;

namespace VmTools.Harness;

/// <summary>
/// An instance of the host programs of its own: its own runtime and state directories, its own bus and daemon, as the
/// calling user or another. Everything that belongs to it is gone when it is disposed; its logs are kept.
/// </summary>
public sealed class Sandbox : IAsyncDisposable
{
    private const string RuntimeVariable = "VMTOOLS_RUNTIME_DIR";

    private readonly string _name;
    private readonly uint? _user;
    private readonly Dictionary<string, string> _environment;

    /// <summary>The name is that of its directory of logs. A user is a number, for whom the tests must run as root.</summary>
    public Sandbox(string name, uint? user = null)
    {
        _name = name;
        _user = user;
        Directory = System.IO.Directory.CreateTempSubdirectory("vmt-").FullName;
        Programs = Repository.Programs;
        _environment = new Dictionary<string, string>
        {
            [RuntimeVariable] = Runtime,
            ["VMTOOLS_STATE_DIR"] = State,
            ["VMTOOLS_IMAGE_DIR"] = Repository.Image,
            ["HOME"] = Directory,
            ["LC_ALL"] = "C.UTF-8",
            ["TERM"] = "dumb",
        };
        if (user is { } other)
        {
            GiveTo(other);
        }
    }

    public string Directory { get; }

    public string Runtime => Path.Combine(Directory, "run");

    public string State => Path.Combine(Directory, "state");

    /// <summary>The directory of the programs that are used.</summary>
    public string Programs { get; private set; }

    /// <summary>Changes the environment of every program that is started from now on.</summary>
    public string this[string variable]
    {
        set => _environment[variable] = value;
    }

    public IReadOnlyList<VmFacts> Vms => VmFacts.Read(Runtime);

    /// <summary>Every process of this instance: bus, daemons, devices and VMMs.</summary>
    public IReadOnlyList<int> Processes => ProcessTable.With(RuntimeVariable, Runtime);

    public VmFacts Vm(string name) => Vms.Single(vm => vm.Name == name);

    public Task<CommandResult> VmcAsync(params string[] arguments) => Command("vmc", arguments).RunAsync();

    public Task<CommandResult> VshAsync(params string[] arguments) => Command("vsh", arguments).RunAsync();

    /// <summary>Runs a shell line in the guest as root and expects it to succeed.</summary>
    public async Task<string> InGuestAsync(string vm, string line)
    {
        var result = await VshAsync(vm, "--user=root", "--", "sh", "-c", line);
        return result.Code == 0 ? result.Output : throw new InvalidOperationException($"'{line}' in {vm}: {result}");
    }

    public HostCommand Command(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs, program);
        IReadOnlyList<string> line = _user is { } user
            ? [$"--reuid={user}", $"--regid={user}", "--clear-groups", "--inh-caps=-all", path, .. arguments]
            : arguments;
        return new HostCommand(_user is null ? path : "setpriv", line) { Environment = _environment, Limit = Speed.Scale(120) };
    }

    /// <summary>Starts a VM or fails with everything that was said.</summary>
    public async Task<VmFacts> StartVmAsync(string name, params string[] options)
    {
        var result = await VmcAsync(["start", name, .. options]);
        return result.Code == 0 ? Vm(name) : throw new InvalidOperationException($"vmc start {name}: {result}\n{LogText()}");
    }

    /// <summary>The one process of this instance that runs this program.</summary>
    public int PidOf(string program) =>
        Processes.Single(pid => ProcessTable.CommandLineOf(pid) is [var first, ..] && Path.GetFileName(first) == program);

    /// <summary>All files of this instance below its runtime and state directories.</summary>
    public IReadOnlyList<string> Files() =>
    [
        .. new[] { Runtime, State }.Where(System.IO.Directory.Exists)
            .SelectMany(place => System.IO.Directory.GetFileSystemEntries(place, "*", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The ends of all logs, for messages of failures.</summary>
    public string LogText() => string.Join('\n', Logs().Select(log => $"--- {log}\n{string.Join('\n', File.ReadLines(log).TakeLast(20))}"));

    /// <summary>Lines of guests' consoles that tell of a kernel in trouble.</summary>
    public IReadOnlyList<string> Panics() =>
    [
        .. Logs().SelectMany(File.ReadLines).Where(line =>
            line.Contains("Kernel panic", StringComparison.Ordinal)
            || line.Contains("Oops", StringComparison.Ordinal)
            || line.Contains("BUG:", StringComparison.Ordinal)),
    ];

    public async ValueTask DisposeAsync()
    {
        await StopAllAsync();
        KeepLogs();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task StopAllAsync()
    {
        try
        {
            if (Vms.Count > 0)
            {
                await VmcAsync("stop", "--all");
            }
        }
        catch (TimeoutException)
        {
            // Ended by force below.
        }

        // The daemon before its bus, the rest in any order.
        foreach (var signal in (int[])[15, 9])
        {
            foreach (var pid in Processes)
            {
                ProcessTable.Send(pid, signal);
            }

            if (await ProcessTable.HaveEndedAsync(Processes, Speed.Scale(5)))
            {
                return;
            }
        }
    }

    private IEnumerable<string> Logs() => Files().Where(path => path.EndsWith(".log", StringComparison.Ordinal) && File.Exists(path));

    private void KeepLogs()
    {
        var place = Path.Combine(Repository.Logs, _name);
        System.IO.Directory.CreateDirectory(place);
        foreach (var log in Logs())
        {
            File.Copy(log, Path.Combine(place, $"{Path.GetFileName(Path.GetDirectoryName(log))}.{Path.GetFileName(log)}"), overwrite: true);
        }
    }

    /// <summary>Another user needs the directory, and perhaps programs and image where that user can read them.</summary>
    private void GiveTo(uint user)
    {
        if (!CanExecute(user, Path.Combine(Repository.Programs, "vmc")))
        {
            Programs = Path.Combine(Directory, "bin");
            _environment["VMTOOLS_IMAGE_DIR"] = Path.Combine(Directory, "image");
            Run("cp", "-rL", Repository.Image, Path.Combine(Directory, "image"));
            Run("cp", "-rP", Repository.Programs, Programs);
        }

        Run("chown", "-R", $"{user}:{user}", Directory);
    }

    private static bool CanExecute(uint user, string path) =>
        RunCode("setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", "test", "-x", path) == 0;

    private static void Run(string program, params string[] arguments)
    {
        if (RunCode(program, arguments) != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed.");
        }
    }

    private static int RunCode(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
