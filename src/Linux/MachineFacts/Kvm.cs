using VmTools.Linux.Libc;

namespace VmTools.Linux.MachineFacts;

/// <summary>The kernel's hypervisor (Documentation/virt/kvm/api.rst), asked by making a machine and dropping it.</summary>
public static class Kvm
{
    private const int StableVersion = 12;

    public static KvmState Probe()
    {
        try
        {
            using var device = FdHandle.Open("/dev/kvm", OpenFlags.ReadWrite);
            var version = Native.Ioctl(device, Native.IoctlKvmGetVersion, 0);
            if (version != StableVersion)
            {
                return new KvmState(KvmStep.Version, version == -1 ? Syscall.LastError : Errno.EPROTO);
            }

            var machine = Native.Ioctl(device, Native.IoctlKvmCreateVm, 0);
            if (machine == -1)
            {
                return new KvmState(KvmStep.CreateVm, Syscall.LastError);
            }

            new FdHandle(machine).Dispose();
            return new KvmState(KvmStep.CreateVm, Errno.None);
        }
        catch (LinuxException refused)
        {
            return new KvmState(KvmStep.Open, refused.Errno);
        }
    }
}
