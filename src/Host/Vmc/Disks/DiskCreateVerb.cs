using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Disks;

/// <summary><c>vmc disk create</c>: the disk of a VM that has none yet.</summary>
internal sealed class DiskCreateVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var name = CommonOptions.NewName();
        var size = CommonOptions.Size("--size", "How large the disk is to the VM; most of the free space when absent.");
        var preallocate = new Option<bool>("--preallocate")
        {
            Description = "Take the space now instead of when the VM fills it; needs --size."
        };
        var type = CommonOptions.Type();
        var verb = new VerbCommand("create", "Creates the disk of a VM.")
        {
            Examples = [
                new("vmc disk create demo --size 10G", "grows up to 10 GiB as the VM fills it"),
                new("vmc disk create demo --size 10G --preallocate", "takes 10 GiB now"),
            ],
        };
        Option[] options = [size, preallocate, type];
        verb.Add(name);
        Array.ForEach(options, verb.Add);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(preallocate) && result.GetResult(size) is null)
            {
                result.AddError("--preallocate needs --size.");
            }
        });
        verb.SetAction((parsed, cancel) => new DiskCreateVerb(context).RunAsync(
            new CreateDiskImageRequest
            {
                VmName = parsed.GetRequiredValue(name),
                DiskSize = parsed.GetValue(size),
                VmType = parsed.GetValue(type),
                ImageType = DiskImageType.DiskImageAuto,
                AllocationType = parsed.GetValue(preallocate)
                    ? DiskImageAllocationType.DiskAllocationTypePreallocate
                    : DiskImageAllocationType.DiskAllocationTypeSparse,
            },
            cancel));
        return verb;
    }

    private async Task<int> RunAsync(CreateDiskImageRequest request, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var response = await concierge.TryCreateDiskAsync(request, cancel);
        if (response.Status == DiskImageStatus.DiskStatusExists)
        {
            throw new VmToolsException(
                ErrorKind.AlreadyExists,
                    $"VM '{request.VmName}' has a disk already: {response.DiskPath}. 'vmc disk destroy {request.VmName}' removes it.");
        }

        if (response.Status != DiskImageStatus.DiskStatusCreated)
        {
            throw ConciergeVerbs.Failure(
                response.Status, response.FailureReason, $"The disk of VM '{request.VmName}' could not be created.");
        }

        context.Console.Print(response.DiskPath);
        if (request.AllocationType == DiskImageAllocationType.DiskAllocationTypeSparse
            && Path.GetDirectoryName(response.DiskPath) is { } directory)
        {
            WarnOfRoom(request.DiskSize, directory);
        }

        return ExitCode.Success;
    }

    private void WarnOfRoom(ulong size, string directory)
    {
        try
        {
            var free = new DriveInfo(directory).AvailableFreeSpace;
            if (size > (ulong)free)
            {
                context.Console.Say(
                    $"vmc: The disk may grow to {size >> 20} MiB, and {free >> 20} MiB are free there now: "
                    + "make room before the VM fills it.");
            }
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            // The daemon sees its directory, and we may not.
        }
    }
}
