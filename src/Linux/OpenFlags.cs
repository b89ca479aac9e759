namespace VmTools.Linux;

/// <summary>How to open a file (open(2)). The numbers are x86-64's; <see cref="FdHandle.Open"/> translates where they differ.</summary>
[Flags]
public enum OpenFlags
{
    ReadOnly = 0,
    WriteOnly = 1,
    ReadWrite = 2,
    Create = 0x40,
    Exclusive = 0x80,
    NoControllingTerminal = 0x100,
    Truncate = 0x200,
    Append = 0x400,
    NonBlocking = 0x800,
    Direct = 0x4000,
    Directory = 0x10000,
    NoFollow = 0x20000,
    Path = 0x200000,
}
