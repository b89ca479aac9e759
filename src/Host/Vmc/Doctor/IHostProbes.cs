using VmTools.Host.HostFacts;
using VmTools.Host.Sandbox;
using VmTools.Linux;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>This machine, as far as the doctor looks at it.</summary>
internal interface IHostProbes
{
    /// <summary>The path of a program, found as a start finds it; null when there is none.</summary>
    string? FindProgram(string name);

    bool Exists(string path);

    /// <summary>Whether a file or device opens for reading and writing; the reason when it does not.</summary>
    Errno TryOpen(string path);

    /// <summary>The text of a small file; empty when it cannot be read.</summary>
    string Read(string path);

    /// <summary>Bytes free to us where the path lies or will lie.</summary>
    long FreeBytes(string path);

    /// <summary>The memory that a start would find free, in MiB; null where the kernel does not tell.</summary>
    long? AvailableMiB { get; }

    /// <summary>How VMs would be accelerated, decided as a start decides it.</summary>
    AcceleratorChoice Accelerator { get; }

    /// <summary>Finds the VMM as a start finds it.</summary>
    /// <exception cref="Protocol.VmToolsException">There is none that could be used.</exception>
    VmmChoice ChooseVmm();

    /// <summary>The program of the guests' network, found as a start finds it; null where the VMM's own network has to do.</summary>
    string? FindNetwork();

    /// <summary>Makes the directory where it is missing, and a file and a lock in it; the reason where that cannot be.</summary>
    string? TryWrite(string directory);

    /// <summary>Makes a socket in the directory; the reason where that cannot be.</summary>
    string? TrySocket(string directory);

    /// <summary>Whether the user can be looked up, which dbus-daemon asks of everybody who comes.</summary>
    bool IsKnownUser(uint uid);

    /// <summary>What this kernel has to confine programs with.</summary>
    KernelLayers Layers { get; }

    /// <summary>Why VMMs run under our own user id; null where each has one of its own.</summary>
    string? NoOwnVmmUser { get; }
}
