using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VmTools.Harness;

namespace VmTools.Bench;

/// <summary>
/// An instance of the host programs apart from the user's, with one VM at most, called "bench". It starts its own bus and
/// daemon; disposing ends them.
/// </summary>
internal sealed class BenchInstance : IAsyncDisposable
{
    private const string Vm = "bench";

    private readonly string _root;
    private readonly string _base = Directory.CreateTempSubdirectory("vmtools-bench-").FullName;

    /// <param name="root">The root of the project.</param>
    /// <param name="logSettings">The lines of logs.conf.</param>
    /// <param name="vmm">A program to start in QEMU's place; null for the QEMU that a user gets.</param>
    public BenchInstance(string root, string logSettings = "", string? vmm = null)
    {
        _root = root;
        Runtime = Path.Combine(_base, "run");
        Tool = new Tool(Built("clock"), new Dictionary<string, string?>
        {
            ["VMTOOLS_RUNTIME_DIR"] = Runtime,
            ["VMTOOLS_STATE_DIR"] = State,
            ["VMTOOLS_LOGS_CONF"] = Scratch("logs.conf"),
            ["VMTOOLS_IMAGE_DIR"] = Path.Combine(root, "out", "image-bench"),
            ["VMTOOLS_QEMU"] = vmm,
            ["DBUS_SESSION_BUS_ADDRESS"] = null,
            ["DBUS_STARTER_ADDRESS"] = null,
            ["XDG_RUNTIME_DIR"] = null,
        });
        File.WriteAllText(Scratch("logs.conf"), logSettings);
        LogFile = LogFileOf(Vm);
    }

    public Tool Tool { get; }

    public string Runtime { get; }

    /// <summary>What the caller's VMs are filed under.</summary>
    public string Owner { get; } = OwnerId();

    /// <summary>Where the lines of the VM's programs go.</summary>
    public GrowingFile LogFile { get; }

    public string State => Path.Combine(_base, "state");

    public string Vmc => Path.Combine(_root, "out", "bin", "vmc");

    /// <summary>A published program.</summary>
    public string Program(string name) => Path.Combine(_root, "out", "bin", name);

    /// <summary>A program or file that eng/bench has made.</summary>
    public string Built(string name) => Path.Combine(_root, "out", "bench", name);

    /// <summary>A file of the benchmark's own, gone with it.</summary>
    public string Scratch(string name) => Path.Combine(_base, name);

    public string[] Vsh(params string[] command) => [Path.Combine(_root, "out", "bin", "vsh"), Vm, "--", .. command];

    public string[] VshAsRoot(params string[] command) => VshAsRootOf(Vm, command);

    public string[] VshAsRootOf(string vm, params string[] command) =>
        [Path.Combine(_root, "out", "bin", "vsh"), vm, "--user=root", "--", .. command];

    public GrowingFile LogFileOf(string vm) => new(() => Path.Combine(LogDirectory(vm), "user.log"));

    /// <summary>All that is kept of what the VM logged.</summary>
    public long LogBytes() => new DirectoryInfo(LogDirectory(Vm)).EnumerateFiles().Sum(file => file.Length);

    /// <summary>Starts bus and daemon, so that no measurement includes that.</summary>
    public Task<string> WakeAsync(CancellationToken cancel) => Tool.RunAsync([Vmc, "list"], cancel);

    /// <summary>The StartVm call alone, from a neutral client; nanoseconds until the answer.</summary>
    public async Task<double> StartVmAsync(CancellationToken cancel)
    {
        var took = await Tool.TimeAsync(
            [
                "busctl", $"--address=unix:path={Path.Combine(Runtime, "bus")}", "--timeout=300", "call",
                "org.chromium.VmConcierge", "/org/chromium/VmConcierge", "org.chromium.VmConcierge", "StartVm",
                "ayah", .. ByteArray(StartVmRequest()), "0",
            ],
            cancel);
        await Tool.RunAsync(Vsh("true"), cancel);
        return took;
    }

    public Task StopVmAsync(CancellationToken cancel) => Tool.RunAsync([Vmc, "stop", Vm], cancel);

    public HostProcess Process(string program) => HostProcess.Find(program, Runtime);

    /// <summary>The VM's VMM. A confined one has no path of this instance in its command line; its record names it.</summary>
    public HostProcess Vmm() => HostProcess.Of(VmFacts.Read(Runtime).Single().VmmPid);

    public async ValueTask DisposeAsync()
    {
        await TryAsync(Vmc, "stop", "--all", "--force");
        await TryAsync(Vmc, "daemon", "stop");
        Directory.Delete(_base, recursive: true);
    }

    /// <summary>What cannot be ended is told; the rest is ended all the same.</summary>
    private async Task TryAsync(params string[] command)
    {
        try
        {
            await Tool.RunAsync(command, CancellationToken.None);
        }
        catch (BenchException refused)
        {
            await Console.Error.WriteLineAsync($"bench: while ending: {refused.Message}");
        }
    }

    private static IEnumerable<string> ByteArray(byte[] bytes) =>
        [bytes.Length.ToString(CultureInfo.InvariantCulture), .. bytes.Select(one => one.ToString(CultureInfo.InvariantCulture))];

    private string LogDirectory(string vm) =>
        Path.Combine(_base, "state", Owner, "log", Convert.ToBase64String(Encoding.UTF8.GetBytes(vm)).Replace('+', '-').Replace('/', '_'));

    private static string OwnerId()
    {
        var uid = File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"vmtools owner {uid}")))[..40];
    }

    /// <summary>A StartVmRequest on the wire: name is field 4, owner_id field 7, both strings.</summary>
    private static byte[] StartVmRequest()
    {
        var owner = OwnerId();
        return [0x22, (byte)Vm.Length, .. Encoding.UTF8.GetBytes(Vm), 0x3a, (byte)owner.Length, .. Encoding.UTF8.GetBytes(owner)];
    }
}
