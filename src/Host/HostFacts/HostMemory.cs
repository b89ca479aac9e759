using System.Globalization;
using VmTools.Protocol;

namespace VmTools.Host.HostFacts;

/// <summary>The host's free memory, looked at before a VM is promised some of it.</summary>
internal sealed class HostMemory(string path = HostMemory.KernelFile)
{
    /// <summary>The memory of a VM for which the caller asks for no other amount, in MiB.</summary>
    public const long DefaultVmMiB = 1024;

    /// <summary>The least memory with which the stock guest boots, in MiB.</summary>
    public const long LeastVmMiB = 128;

    public const string KernelFile = "/proc/meminfo";

    /// <summary>What VMM, device and page tables need beside the guest's own memory and what the VMM translates.</summary>
    public const long OverheadMiB = 96;

    /// <summary>An emulator that is killed for want of memory takes its VM along without a word, so too little is refused here.</summary>
    /// <param name="wantedMiB">The guest's memory, and what its VMM needs besides.</param>
    public void Check(long wantedMiB)
    {
        if (AvailableMiB() is { } available && available < wantedMiB)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"There is not enough memory: the VM needs {wantedMiB} MiB and this machine has {available} MiB to spare. "
                + "Stop another VM or program, or give this one less (vmc start --mem).");
        }
    }

    /// <summary>The kernel's own estimate (proc(5), MemAvailable); null where it gives none.</summary>
    public long? AvailableMiB()
    {
        try
        {
            var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
            var number = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
            return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) ? kibibytes / 1024 : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
