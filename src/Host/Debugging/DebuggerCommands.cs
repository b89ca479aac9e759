using System.Globalization;
using VmTools.Crash.Minidumps;

namespace VmTools.Host.Debugging;

/// <summary>What lldb is told to do with a minidump that is its fd 3.</summary>
internal static class DebuggerCommands
{
    private const int MostFrames = 128;

    public static IEnumerable<string> Of(DebuggerRequest request, SymbolLinks links)
    {
        var places = request.Places;
        yield return $"settings set thread-format \"{BacktraceText.ThreadFormat}\"";
        yield return $"settings set thread-stop-format \"{BacktraceText.ThreadFormat}\"";
        yield return $"settings set frame-format \"{BacktraceText.FrameFormat}\"";
        yield return "settings set symbols.enable-external-lookup false";
        yield return "settings set target.load-script-from-symbol-file false";
        yield return "settings set target.load-cwd-lldbinit false";
        if (request.Dump.SystemInfo.Architecture == ProcessorArchitecture.Arm64)
        {
            // Return addresses are signed in the bits above an address, and unlike a core a minidump does not say which bits these are.
            yield return "settings set target.process.virtual-addressable-bits 48";
        }

        yield return $"settings set target.debug-file-search-paths {Quoted([links.DebugFiles, .. places.DebugFiles])}";
        if (Quoted([.. links.Programs, .. places.Directories]) is { Length: > 0 } programs)
        {
            yield return $"settings set target.exec-search-paths {programs}";
        }

        if (places.Sysroot is { } root)
        {
            yield return $"platform select --sysroot {Quoted([root])} remote-linux";
        }

        yield return "target create --core /proc/self/fd/3";
        yield return string.Create(CultureInfo.InvariantCulture, $"thread backtrace -c {MostFrames}{(request.IsAll ? " all" : "")}");
    }

    private static string Quoted(IEnumerable<string> paths) => string.Join(' ', paths.Select(path => $"\"{path}\""));
}
