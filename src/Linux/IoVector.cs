using System.Runtime.InteropServices;

namespace VmTools.Linux;

/// <summary>One piece of memory of a vectored read or write; laid out as struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct IoVector(nint Address, nuint Length);
