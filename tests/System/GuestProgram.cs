using System.Diagnostics;
using VmTools.Harness;

namespace VmTools.SystemTests;

/// <summary>A test program in C: compiled here once, and put into a machine through vsh itself.</summary>
internal sealed class GuestProgram(string name)
{
    public static readonly GuestProgram Vsock = new("vsock-peer");
    public static readonly GuestProgram Log = new("log-peer");

    private readonly Lazy<byte[]> _program = new(() => Compile(name));

    /// <summary>Where it is in a machine.</summary>
    public string Path { get; } = $"/mnt/stateful/{name}";

    public async Task InstallAsync(Sandbox sandbox, string vm)
    {
        using var program = new MemoryStream(_program.Value);
        var command = sandbox.Command("vsh", vm, "--user=root", "--", "sh", "-c", $"cat > {Path} && chmod +x {Path}");
        var result = await (command with { Input = program }).RunAsync();
        if (result.Code != 0)
        {
            throw new InvalidOperationException($"The test program could not be put into {vm}: {result}");
        }
    }

    private static byte[] Compile(string name)
    {
        var target = System.IO.Path.GetTempFileName();
        var source = System.IO.Path.Combine(Repository.Root, "tests", "System", "Peer", $"{name}.c");
        using var compiler = Process.Start("gcc", ["-O2", "-static", "-pthread", "-o", target, source]);
        compiler.WaitForExit();
        var program = compiler.ExitCode == 0
            ? File.ReadAllBytes(target)
            : throw new InvalidOperationException($"{source} does not compile.");
        File.Delete(target);
        return program;
    }
}
