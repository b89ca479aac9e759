using VmTools.Crash.Cores;

namespace VmTools.Host.Debugging;

/// <summary>A program, a library, or a debug file, which is one without its code.</summary>
internal sealed record SymbolFile(string Path, string BuildId, bool HasCode)
{
    private const int LeastBytes = 64;

    /// <summary>Null where there is no such file, or it has no build id.</summary>
    public static SymbolFile? TryRead(string path)
    {
        try
        {
            // What is no file, such as a pipe, has no length and must not be waited for.
            var real = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            if (new FileInfo(real) is not { Exists: true, Length: >= LeastBytes })
            {
                return null;
            }

            using var file = File.OpenHandle(real);
            var bytes = new byte[ImageHead.MaxBytes];
            return ImageHead.TryRead(bytes.AsSpan(0, RandomAccess.Read(file, bytes, 0)), out var head) && head!.BuildId.Length > 0
                ? new SymbolFile(path, Convert.ToHexStringLower(head.BuildId), head.HasCode)
                : null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
