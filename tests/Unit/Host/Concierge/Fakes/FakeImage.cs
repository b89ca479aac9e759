using System.Buffers.Binary;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>Files that look like a guest image to whoever only looks at their first bytes and lengths.</summary>
internal static class FakeImage
{
    public const int RootLength = 8192;

    public static void WriteTo(string directory)
    {
        File.WriteAllBytes(Path.Combine(directory, "vmlinux"), [0x7f, (byte)'E', (byte)'L', (byte)'F', .. new byte[60]]);
        File.WriteAllText(Path.Combine(directory, "initramfs.cpio"), "070701 and more");
        var root = new byte[RootLength];
        BinaryPrimitives.WriteUInt32LittleEndian(root.AsSpan(1024), 0xE0F5E1E2);
        root[1024 + 12] = 12;
        BinaryPrimitives.WriteUInt32LittleEndian(root.AsSpan(1024 + 36), RootLength >> 12);
        File.WriteAllBytes(Path.Combine(directory, "rootfs.img"), root);
        File.WriteAllBytes(Path.Combine(directory, "penguin.img"), root);
        File.WriteAllText(
            Path.Combine(directory, "manifest.json"), $"{{\"version\":\"1\",\"files\":{{\"vmlinux\":64,\"rootfs.img\":{RootLength}}}}}");
    }
}
