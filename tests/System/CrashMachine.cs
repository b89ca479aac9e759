using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using VmTools.Harness;

namespace VmTools.SystemTests;

/// <summary>
/// A machine with programs that die, compiled here. The kernel's pattern leads through a script that keeps a copy of each core before
/// crash_collector gets it: what debuggers say of the core is what they have to say of the minidump.
/// </summary>
public abstract class CrashMachine(string name) : Machine(name)
{
    /// <summary>In the machine.</summary>
    public const string Place = "/mnt/stateful/crashes";

    public const string Collector = "/opt/google/vmtools/crash_collector";

    /// <summary>Has the kernel hand cores to crash_collector alone, as it does after boot.</summary>
    public const string Direct = $"echo '|{Collector} --user=%P:%p:%s:%u:%g:%d:%I:%E' > /proc/sys/kernel/core_pattern";

    public const string Spool = "/run/crash_collector/spool";

    private const string StrippedBuildId = "c0ffee0123456789abcdef0123456789abcdef01";

    private static readonly Lazy<string> Compiled = new(Compile);

    /// <summary>The same programs on the host.</summary>
    public static string Programs => Path.Combine(Compiled.Value, "programs");

    /// <summary>What tells the names in crash-stripped, below <c>.build-id</c>; it is on the host only.</summary>
    public static string DebugFiles => Path.Combine(Compiled.Value, "debug");

    /// <summary>The libraries of the machine, on the host, for debuggers.</summary>
    public string GuestRoot => Path.Combine(Sandbox.Directory, "guest-root");

    /// <summary>One crash of a program in the machine: its report, and its core where one was kept.</summary>
    public Task<CrashedProgram> CrashAsync(string line, string program) => CrashedProgram.MakeAsync(this, line, program);

    /// <summary>Runs the line in the directory of the programs; the next report of this program.</summary>
    public async Task<CrashReport> ReportAsync(string line, string program = "crash", bool forget = true)
    {
        if (forget)
        {
            await ForgetAsync();
        }

        var known = Ids();
        await InPlaceAsync($"{line}; true");
        return await CrashedProgram.ReportAsync(Sandbox, program, known);
    }

    /// <summary>Runs a line in the directory of the programs.</summary>
    public Task<string> InPlaceAsync(string line) => Sandbox.InGuestAsync(Vm, $"cd {Place}; {line}");

    /// <summary>What the collector counts of crash loops is forgotten.</summary>
    public Task<string> ForgetAsync() => Sandbox.InGuestAsync(Vm, "rm -f /run/crash_collector/rate");

    public HashSet<string> Ids() => [.. CrashReport.All(Sandbox).Select(report => report.Id)];

    public async Task<int> SpooledAsync() =>
        int.Parse(await Sandbox.InGuestAsync(Vm, $"ls {Spool} | grep -c report; true"), CultureInfo.InvariantCulture);

    protected override void Configure(Sandbox sandbox)
    {
        var settings = Path.Combine(sandbox.Directory, "crash.conf");
        File.WriteAllText(settings, "report_burst = 1000\n");
        sandbox["VMTOOLS_CRASH_CONF"] = settings;
    }

    protected override async Task PrepareAsync(Sandbox sandbox)
    {
        using var archive = new MemoryStream();
        await TarFile.CreateFromDirectoryAsync(Programs, archive, includeBaseDirectory: false);
        archive.Position = 0;
        var unpack = sandbox.Command(
            "vsh", Vm, "--user=root", "--", "sh", "-c", $"mkdir -p {Place}/cores && tar x -C {Place} --no-same-owner");
        var result = await (unpack with { Input = archive }).RunAsync();
        if (result.Code != 0)
        {
            throw new InvalidOperationException($"The programs could not be put into the machine: {result}");
        }

        await sandbox.InGuestAsync(Vm, $$"""
            printf '%s\n' '#!/bin/sh' 'tee {{Place}}/cores/$1 | {{Collector}} "$2"' > {{Place}}/keep
            chmod +x {{Place}}/keep
            echo '|{{Place}}/keep %P --user=%P:%p:%s:%u:%g:%d:%I:%E' > /proc/sys/kernel/core_pattern
            """);
        await CopyLibrariesAsync(sandbox);
    }

    private async Task CopyLibrariesAsync(Sandbox sandbox)
    {
        Directory.CreateDirectory(GuestRoot);
        var pack = await sandbox.VshAsync(
            Vm, "--user=root", "--", "tar", "c", "-h", "-C", "/", "usr/lib/x86_64-linux-gnu/libc.so.6",
                "usr/lib/x86_64-linux-gnu/libm.so.6",
            "usr/lib/x86_64-linux-gnu/libcrypt.so.1", "lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/libz.so.1",
                "usr/lib/x86_64-linux-gnu/libexpat.so.1", "usr/bin/perl", "usr/bin/python3.13", "usr/bin/dash", "opt/google/vmtools");
        if (pack.Code != 0)
        {
            throw new InvalidOperationException($"The machine's libraries could not be fetched: {pack}");
        }

        using var archive = new MemoryStream(pack.OutputBytes);
        await TarFile.ExtractToDirectoryAsync(archive, GuestRoot, overwriteFiles: true);
    }

    private static string Compile()
    {
        var sources = Path.Combine(Repository.Root, "tests", "System", "Crashes");
        var made = Path.Combine(Repository.Root, "out", "dying-programs");
        if (Directory.Exists(made))
        {
            Directory.Delete(made, recursive: true);
        }

        var programs = Directory.CreateDirectory(Path.Combine(made, "programs")).FullName;
        var debugFile = Path.Combine(made, "debug", ".build-id", StrippedBuildId[..2], StrippedBuildId[2..] + ".debug");
        Directory.CreateDirectory(Path.GetDirectoryName(debugFile)!);
        string[][] variants =
        [
            ["crash", "-fPIE", "-pie"], ["crash-fixed", "-fno-PIE", "-no-pie"], ["crash-static", "-static"],
                ["crash-stripped", $"-Wl,--build-id=0x{StrippedBuildId}"],
        ];
        foreach (var variant in variants)
        {
            Run("gcc", ["-g", "-O0", "-fno-omit-frame-pointer", "-pthread", "-Wl,--build-id", .. variant[1..], "-o",
                Path.Combine(programs, variant[0]), Path.Combine(sources, "crash.c")]);
        }

        // Without any library, as those of 32 bits are in a package that does not go together with compilers for other processors.
        Run(
            "gcc", "-g", "-O0", "-fno-omit-frame-pointer", "-m32", "-ffreestanding", "-nostdlib", "-static", "-fno-PIE", "-no-pie",
                "-Wl,--build-id",
            "-o", Path.Combine(programs, "crash32"), Path.Combine(sources, "crash32.c"));

        Run("objcopy", "--only-keep-debug", Path.Combine(programs, "crash-stripped"), debugFile);
        Run("strip", Path.Combine(programs, "crash-stripped"));

        // What one of the tests makes in the machine, and removes there before it dies.
        File.Copy(Path.Combine(programs, "crash"), Path.Combine(programs, "crash-gone"));
        return made;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var running = Process.Start(program, arguments);
        running.WaitForExit();
        if (running.ExitCode != 0)
        {
            throw new InvalidOperationException($"The programs that die cannot be made: {program} {string.Join(' ', arguments)}");
        }
    }
}
