using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc;

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

    public bool IsRootWritable { get; init; }

    public IReadOnlyList<string> ExtraDisks { get; init; } = [];

    public IReadOnlyList<string> KernelParameters { get; init; } = [];

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

    /// <summary>The request, without its descriptors. The first disk is the stateful disk.</summary>
    public StartVmRequest RequestFor(string disk, OwnerId owner)
    {
        var request = new StartVmRequest
        {
            Name = Name,
            OwnerId = owner.Value,
            Cpus = Cpus,
            Timeout = TimeoutSeconds,
            VmType = Type,
            WritableRootfs = IsRootWritable,
        };
        request.KernelParams.AddRange(KernelParameters);
        request.Disks.Add(new DiskImage { Path = disk, Writable = true, DoMount = true, MountPoint = StatefulTarget });
        request.Disks.AddRange(ExtraDisks.Select(path => new DiskImage { Path = ExistingFile(path), Writable = true }));
        return request;
    }

    private static string ExistingFile(string path)
    {
        var full = Path.GetFullPath(path);
        return File.Exists(full) ? full : throw new VmToolsException(ErrorKind.NotFound, $"There is no file '{path}' to be a disk.");
    }
}
