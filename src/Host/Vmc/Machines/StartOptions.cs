using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Machines;

/// <summary>What <c>vmc start</c> was asked to do.</summary>
internal sealed record StartOptions(string Name)
{
    private const string StatefulTarget = "/mnt/stateful";

    public uint TimeoutSeconds { get; init; }

    public uint Cpus { get; init; }

    public uint? MemoryMiB { get; init; }

    public VmInfo.Types.VmType Type { get; init; }

    public string? Kernel { get; init; }

    public string? Initrd { get; init; }

    public string? Rootfs { get; init; }

    public bool ReachesHostLoopback { get; init; }

    /// <summary>The VM is to serve containers, from its start on or now.</summary>
    public bool ServesContainers { get; init; }

    public bool IsRootWritable { get; init; }

    public IReadOnlyList<string> ExtraDisks { get; init; } = [];

    public IReadOnlyList<string> KernelParameters { get; init; } = [];

    /// <summary>The options that shape a VM when it is started, as far as they were given: a VM that runs keeps what it has.</summary>
    public IReadOnlyList<string> Shaping =>
    [
        .. Given("--cpus", Cpus > 0),
        .. Given("--mem", MemoryMiB is not null),
        .. Given("--vm-type", Type != VmInfo.Types.VmType.Unknown),
        .. Given("--kernel", Kernel is not null),
        .. Given("--initrd", Initrd is not null),
        .. Given("--rootfs", Rootfs is not null),
        .. Given("--writable-rootfs", IsRootWritable),
        .. Given("--extra-disk", ExtraDisks.Count > 0),
        .. Given("--kernel-param", KernelParameters.Count > 0),
        .. Given("--host-loopback", ReachesHostLoopback),
    ];

    /// <summary>Opens the files whose descriptors travel with the request.</summary>
    public StartFiles OpenFiles()
    {
        var files = new StartFiles();
        try
        {
            files.Open(Kernel, StartVmRequest.Types.FdType.Kernel, OpenFlags.ReadOnly);
            files.Open(Rootfs, StartVmRequest.Types.FdType.Rootfs, IsRootWritable ? OpenFlags.ReadWrite : OpenFlags.ReadOnly);
            files.Open(Initrd, StartVmRequest.Types.FdType.Initrd, OpenFlags.ReadOnly);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The request, without its descriptors. The first disk is the VM's own, which the daemon makes where there is none.</summary>
    public StartVmRequest RequestFor(OwnerId owner)
    {
        var request = new StartVmRequest
        {
            Name = Name,
            OwnerId = owner.Value,
            Cpus = Cpus,
            Timeout = TimeoutSeconds,
            VmType = Type,
            WritableRootfs = IsRootWritable,
            StartTermina = ServesContainers,
        };
        request.KernelParams.AddRange(KernelParameters);
        request.Disks.Add(new DiskImage { Writable = true, DoMount = true, MountPoint = StatefulTarget });
        request.Disks.AddRange(ExtraDisks.Select(path => new DiskImage { Path = ExistingFile(path), Writable = true }));
        return request;
    }

    private static string[] Given(string option, bool isGiven) => isGiven ? [option] : [];

    private static string ExistingFile(string path)
    {
        var full = Path.GetFullPath(path);
        return File.Exists(full) ? full : throw new VmToolsException(ErrorKind.NotFound, $"There is no file '{path}' to be a disk.");
    }
}
