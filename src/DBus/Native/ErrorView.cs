using System.Runtime.InteropServices;

namespace VmTools.DBus.Native;

/// <summary>struct sd_bus_error: two C strings and a private flag that says whether they are to be freed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ErrorView
{
    internal byte* Name;
    internal byte* Message;
    internal int NeedsFree;
}
