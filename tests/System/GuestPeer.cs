using System.Diagnostics;
using VmTools.Harness;

namespace VmTools.SystemTests;

/// <summary>The test program in the guest: compiled here once, and put into a machine through vsh itself.</summary>
internal static class GuestPeer
{
    public const string Path = "/mnt/stateful/vsock-peer";

    private static readonly Lazy<byte[]> Program = new(Compile);

    public static async Task InstallAsync(Sandbox sandbox, string vm)
    {
        using var program = new MemoryStream(Program.Value);
        var command = sandbox.Command("vsh", vm, "--user=root", "--", "sh", "-c", $"cat > {Path} && chmod +x {Path}");
        var result = await (command with { Input = program }).RunAsync();
        if (result.Code != 0)
        {
            throw new InvalidOperationException($"The test program could not be put into {vm}: {result}");
        }
    }

    private static byte[] Compile()
    {
        var target = System.IO.Path.GetTempFileName();
        var source = System.IO.Path.Combine(Repository.Root, "tests", "System", "Peer", "vsock-peer.c");
        using var compiler = Process.Start("gcc", ["-O2", "-static", "-pthread", "-o", target, source]);
        compiler.WaitForExit();
        var program = compiler.ExitCode == 0
            ? File.ReadAllBytes(target)
            : throw new InvalidOperationException($"{source} does not compile.");
        File.Delete(target);
        return program;
    }
}
