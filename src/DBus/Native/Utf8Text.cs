using System.Runtime.InteropServices;

namespace VmTools.DBus.Native;

/// <summary>C strings that sd-bus lends us, as text.</summary>
internal static unsafe class Utf8Text
{
    internal static string? From(byte* text) => Marshal.PtrToStringUTF8((nint)text);
}
