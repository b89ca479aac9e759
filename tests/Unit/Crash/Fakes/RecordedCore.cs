using System.IO.Compression;

namespace VmTools.Unit.Crash.Fakes;

/// <summary>A core that a real kernel has written; the scripts beside the data make them anew.</summary>
internal static class RecordedCore
{
    /// <summary>Three threads of a program that knows what is in its registers (Data/arm64.c).</summary>
    public static byte[] Arm64()
    {
        using var packed = typeof(RecordedCore).Assembly.GetManifestResourceStream("arm64.core.gz")!;
        using var unpacking = new GZipStream(packed, CompressionMode.Decompress);
        using var core = new MemoryStream();
        unpacking.CopyTo(core);
        return core.ToArray();
    }
}
