using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;
using FdType = VmTools.Protocol.Messages.Concierge.StartVmRequest.Types.FdType;
using WireVmType = VmTools.Protocol.Messages.Concierge.VmInfo.Types.VmType;

namespace VmTools.Host.Concierge.Api;

/// <summary>
/// What a request may ask for that is not done here: it is refused by the name of its field. To drop it in silence would start
/// another VM than the one that was asked for.
/// </summary>
internal static class NotOffered
{
    private static readonly (Func<StartVmRequest, bool> IsAsked, string What)[] InStart =
    [
        (request => request.Vm is { DlcId.Length: > 0 }, "VMs from downloadable content (vm.dlc_id)"),
        (request => request.Vm is { ToolsDlcId.Length: > 0 }, "VMs from downloadable content (vm.tools_dlc_id)"),
        (request => request.Vm is { BiosDlcId.Length: > 0 }, "firmware from downloadable content (vm.bios_dlc_id)"),
        (request => request.Vm is { WaylandServer.Length: > 0 }, "windows of a VM's programs (vm.wayland_server)"),
        (request => request.EnableGpu, "a GPU for a VM (enable_gpu)"),
        (request => request.EnableBigGl, "a GPU for a VM (enable_big_gl)"),
        (request => request.EnableVirtgpuNativeContext, "a GPU for a VM (enable_virtgpu_native_context)"),
        (request => request.EnableDgpuPassthrough, "a GPU of the host for a VM (enable_dgpu_passthrough)"),
        (request => request.EnableAudioCapture, "sound for a VM (enable_audio_capture)"),
        (request => request.VtpmProxy, "a TPM for a VM (vtpm_proxy)"),
        (request => request.StorageBallooning, "storage ballooning (storage_ballooning)"),
        (request => request.OemStrings.Count > 0, "strings in a VM's firmware tables (oem_strings)"),
        (request => request.VmUsername.Length > 0, "a user made at a VM's start (vm_username)"),
        (request => request.Fds.Contains(FdType.Storage), "a disk as a descriptor (STORAGE); name it in disks"),
        (request => request.Fds.Contains(FdType.Bios), "firmware of one's own (BIOS)"),
        (request => request.Fds.Contains(FdType.Pflash), "variables of a firmware (PFLASH)"),
    ];

    private static readonly (Func<CreateDiskImageRequest, bool> IsAsked, string What)[] InCreate =
    [
        (request => request.ImageType is not (DiskImageType.DiskImageRaw or DiskImageType.DiskImageAuto),
            "disks other than raw images (image_type)"),
        (request => request.StorageLocation != StorageLocation.StorageCryptohomeRoot, "disks in another place (storage_location)"),
        (request => request.CopyBaguetteImage, "a disk copied from a compressed image (copy_baguette_image)"),
        (request => request.StorageBallooning, "storage ballooning (storage_ballooning)"),
        (request => request.SourceSize > 0, "a VM taken in from a file (source_size)"),
        (request => request.Params.Count > 0, "a VM taken in from a file (params)"),
    ];

    public static void Check(StartVmRequest request)
    {
        CheckTable(InStart, request);
        CheckType(request.VmType);
        if (request.Fds.Distinct().Count() < request.Fds.Count || request.Fds.Any(type => !Enum.IsDefined(type)))
        {
            throw RequestText.Refused("Of the descriptors (fds) two are of one kind, or one is of a kind that does not exist.");
        }

        foreach (var disk in request.Disks)
        {
            if (disk.ImageType is not (DiskImageType.DiskImageRaw or DiskImageType.DiskImageAuto))
            {
                throw Refused("disks other than raw images (disks.image_type)");
            }

            if (disk.BlockSize is not (0 or 512))
            {
                throw Refused("disks with blocks of another size than 512 bytes (disks.block_size)");
            }
        }
    }

    public static void Check(CreateDiskImageRequest request)
    {
        CheckTable(InCreate, request);
        CheckType(request.VmType);
    }

    private static void CheckTable<T>((Func<T, bool> IsAsked, string What)[] table, T request)
    {
        foreach (var (isAsked, what) in table)
        {
            if (isAsked(request))
            {
                throw Refused(what);
            }
        }
    }

    private static void CheckType(WireVmType type)
    {
        if (type is WireVmType.ArcVm or WireVmType.PluginVm or WireVmType.Borealis)
        {
            throw Refused($"VMs of the type {type} (vm_type)");
        }

        if (!Enum.IsDefined(type))
        {
            throw RequestText.Refused($"There is no type of VMs with the number {(int)type} (vm_type).");
        }
    }

    private static VmToolsException Refused(string what) => RequestText.Refused($"This version of vm_concierge does not offer {what}.");
}
