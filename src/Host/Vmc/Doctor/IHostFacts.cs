using VmTools.Host.Concierge.Vmm;
using VmTools.Linux;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>This machine, as far as the doctor looks at it.</summary>
internal interface IHostFacts
{
    /// <summary>The path of a program, looked for along PATH and in the places of system tools; null when there is none.</summary>
    string? FindProgram(string name);

    bool Exists(string path);

    /// <summary>Whether a file or device opens for reading and writing; the reason when it does not.</summary>
    Errno TryOpen(string path);

    /// <summary>The text of a small file; empty when it cannot be read.</summary>
    string Read(string path);

    /// <summary>Bytes free to us where the path lies or will lie.</summary>
    long FreeBytes(string path);

    /// <summary>How VMs would be accelerated, decided as a start decides it.</summary>
    AcceleratorChoice Accelerator { get; }

    /// <summary>Whether libsystemd can be loaded.</summary>
    bool HasSdBus { get; }
}
