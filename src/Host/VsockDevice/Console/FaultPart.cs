namespace VmTools.Host.VsockDevice.Console;

/// <summary>What a console line is to a record of a kernel fault.</summary>
internal enum FaultPart
{
    None,

    /// <summary>It begins to tell of a fault.</summary>
    First,

    /// <summary>It says that the kernel dies.</summary>
    PanicsFirst,

    /// <summary>Registers, code, a call trace.</summary>
    Further,
}
