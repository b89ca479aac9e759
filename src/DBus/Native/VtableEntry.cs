using System.Runtime.InteropServices;

namespace VmTools.DBus.Native;

/// <summary>
/// struct sd_bus_vtable (sd-bus-vtable.h): 8 bits of type with 56 bits of flags above them, then a union of 48 bytes. The
/// union's widest member is the method; a signal uses the first three words (its third is the argument names), the
/// start entry the first three (entry size, features, address of the format variable).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VtableEntry
{
    internal const byte Start = (byte)'<';
    internal const byte End = (byte)'>';
    internal const byte Method = (byte)'M';
    internal const byte Signal = (byte)'S';

    /// <summary>SD_BUS_VTABLE_UNPRIVILEGED: sd-bus leaves the judgement of callers to us.</summary>
    internal const ulong Unprivileged = 1UL << 2;

    /// <summary>_SD_BUS_VTABLE_PARAM_NAMES, a feature of the start entry.</summary>
    internal const ulong ParameterNames = 1;

    internal ulong TypeAndFlags;
    internal nint Word0;
    internal nint Word1;
    internal nint Word2;
    internal nint Word3;
    internal nint Word4;
    internal nint Word5;
}
