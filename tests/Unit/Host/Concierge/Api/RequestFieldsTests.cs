using Google.Protobuf;
using Google.Protobuf.Reflection;
using VmTools.Host.Concierge.Api;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Api;

/// <summary>
/// Every field of the requests we serve is in one of three lists: done, refused by its name, or of no consequence, which
/// docs/compatibility.md tells. A new field must be put into one.
/// </summary>
public sealed class RequestFieldsTests
{
    private static readonly Dictionary<MessageDescriptor, string> Done = new()
    {
        [StartVmRequest.Descriptor] = "vm disks name owner_id start_termina cpus writable_rootfs fds kernel_params timeout vm_type",
        [VirtualMachineSpec.Descriptor] = "",
        [DiskImage.Descriptor] = "path mount_point fstype flags data writable do_mount image_type",
        [CreateDiskImageRequest.Descriptor] =
            "cryptohome_id vm_name disk_size image_type storage_location filesystem_type mkfs_opts tune2fs_opts allocation_type vm_type",
        [DestroyDiskImageRequest.Descriptor] = "cryptohome_id vm_name",
        [ListVmDisksRequest.Descriptor] = "cryptohome_id vm_name storage_location all_locations",
        [StopVmRequest.Descriptor] = "name owner_id",
        [GetVmInfoRequest.Descriptor] = "name owner_id",
        [GetVmLogsRequest.Descriptor] = "name owner_id",
        [ListVmsRequest.Descriptor] = "owner_id",
    };

    private static readonly Dictionary<MessageDescriptor, string> Refused = new()
    {
        [StartVmRequest.Descriptor] =
            "enable_gpu enable_audio_capture enable_big_gl vtpm_proxy storage_ballooning oem_strings "
            + "enable_virtgpu_native_context vm_username enable_dgpu_passthrough",
        [VirtualMachineSpec.Descriptor] = "dlc_id tools_dlc_id wayland_server bios_dlc_id",
        [DiskImage.Descriptor] = "block_size",
        [CreateDiskImageRequest.Descriptor] = "source_size params storage_ballooning copy_baguette_image",
    };

    private static readonly Dictionary<MessageDescriptor, string> OfNoConsequence = new()
    {
        // Switches of a container engine that we do not have; how fast a disk is.
        [StartVmRequest.Descriptor] = "features",
        [DiskImage.Descriptor] = "o_direct multiple_workers",
    };

    public static TheoryData<string> Messages => [.. Done.Keys.Select(message => message.Name)];

    public static TheoryData<string, string> RefusedFields => FieldsOf(Refused);

    public static TheoryData<string, string> FieldsOfNoConsequence => FieldsOf(OfNoConsequence);

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_field_is_in_one_of_the_lists(string name)
    {
        var message = Done.Keys.Single(message => message.Name == name);
        string[] placed = [.. new[] { Done, Refused, OfNoConsequence }.SelectMany(list => Split(list, message))];

        Assert.Equal(message.Fields.InDeclarationOrder().Select(field => field.Name).Order(), placed.Order());
    }

    [Theory]
    [MemberData(nameof(RefusedFields))]
    public void A_field_that_is_not_done_is_refused_by_its_name(string message, string field)
    {
        var error = Assert.Throws<VmToolsException>(() => Read(With(message, field)));

        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(field, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FieldsOfNoConsequence))]
    public void A_field_of_no_consequence_is_taken(string message, string field) => Read(With(message, field));

    [Theory]
    [InlineData(VmInfo.Types.VmType.Borealis, "Borealis")]
    [InlineData(VmInfo.Types.VmType.PluginVm, "PluginVm")]
    [InlineData(VmInfo.Types.VmType.ArcVm, "ArcVm")]
    [InlineData((VmInfo.Types.VmType)99, "99")]
    [InlineData((VmInfo.Types.VmType)(-1), "-1")]
    public void A_type_of_VMs_that_is_not_done_or_does_not_exist_is_refused(VmInfo.Types.VmType type, string told)
    {
        var started = Start();
        started.VmType = type;
        var created = Create();
        created.VmType = type;

        Assert.Contains(told, Assert.Throws<VmToolsException>(() => Read(started)).Message, StringComparison.Ordinal);
        Assert.Contains(told, Assert.Throws<VmToolsException>(() => Read(created)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StartVmRequest.Types.FdType.Storage, "STORAGE")]
    [InlineData(StartVmRequest.Types.FdType.Bios, "BIOS")]
    [InlineData(StartVmRequest.Types.FdType.Pflash, "PFLASH")]
    [InlineData((StartVmRequest.Types.FdType)77, "does not exist")]
    public void A_descriptor_that_would_be_dropped_is_refused(StartVmRequest.Types.FdType type, string told)
    {
        using var file = FdHandle.Open("/dev/null", OpenFlags.ReadOnly);
        var request = Start();
        request.Fds.Add(type);

        Assert.Contains(
            told, Assert.Throws<VmToolsException>(() => StartMethods.SpecOf(request, [file], StartExtras.None)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Two_descriptors_of_one_kind_are_refused()
    {
        using var file = FdHandle.Open("/dev/null", OpenFlags.ReadOnly);
        var request = Start();
        request.Fds.Add([StartVmRequest.Types.FdType.Kernel, StartVmRequest.Types.FdType.Kernel]);

        Assert.Throws<VmToolsException>(() => StartMethods.SpecOf(request, [file, file], StartExtras.None));
    }

    [Fact]
    public void A_writable_root_needs_a_root_and_an_initramfs_of_ones_own()
    {
        using var file = FdHandle.Open("/dev/null", OpenFlags.ReadOnly);
        var request = Start();
        request.WritableRootfs = true;

        Assert.Contains("writable_rootfs", Assert.Throws<VmToolsException>(() => Read(request)).Message, StringComparison.Ordinal);

        request.Fds.Add([StartVmRequest.Types.FdType.Rootfs, StartVmRequest.Types.FdType.Initrd]);
        Assert.True(StartMethods.SpecOf(request, [file, file], StartExtras.None).RootIsWritable);
    }

    [Fact]
    public void A_first_disk_without_a_path_is_the_VMs_own_on_our_own_interface_only()
    {
        var request = Start();
        request.Disks.Add(new DiskImage { Writable = true });

        Assert.Contains(
            "disks.path", Assert.Throws<VmToolsException>(() => StartMethods.SpecOf(request, [], StartExtras.None)).Message,
            StringComparison.Ordinal);
        Assert.Equal("", Assert.Single(StartMethods.SpecOf(request, [], new StartExtras { MayMakeDisk = true }).Disks).Path);

        request.Disks.Add(new DiskImage { Writable = true });
        Assert.Throws<VmToolsException>(() => StartMethods.SpecOf(request, [], new StartExtras { MayMakeDisk = true }));
    }

    [Fact]
    public void A_timeout_of_more_than_a_day_is_refused()
    {
        var request = Start();
        request.Timeout = uint.MaxValue;

        Assert.Contains("4294967295 s", Assert.Throws<VmToolsException>(() => Read(request)).Message, StringComparison.Ordinal);

        request.Timeout = 86400;
        Read(request);
    }

    [Fact]
    public void Kernel_parameters_that_a_kernel_would_cut_are_refused_with_their_length()
    {
        var request = Start();
        request.KernelParams.Add(Enumerable.Repeat(new string('x', 1000), 64));

        Assert.Contains("64063 bytes", Assert.Throws<VmToolsException>(() => Read(request)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a\u001bb")]
    public void Control_characters_are_refused_in_every_text(string text)
    {
        var parameter = Start();
        parameter.KernelParams.Add(text);
        var disk = Start();
        disk.Disks.Add(new DiskImage { Path = $"/{text}" });
        var option = Create();
        option.FilesystemType = FilesystemType.Ext4;
        option.MkfsOpts.Add(text);
        var name = Start();
        name.Name = text;

        Assert.Contains("kernel_params", Assert.Throws<VmToolsException>(() => Read(parameter)).Message, StringComparison.Ordinal);
        Assert.Contains("disks.path", Assert.Throws<VmToolsException>(() => Read(disk)).Message, StringComparison.Ordinal);
        Assert.Contains("mkfs_opts", Assert.Throws<VmToolsException>(() => Read(option)).Message, StringComparison.Ordinal);
        Assert.Contains("control characters", Assert.Throws<VmToolsException>(() => Read(name)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((DiskImageAllocationType)9, FilesystemType.Unspecified)]
    [InlineData(DiskImageAllocationType.DiskAllocationTypeAuto, (FilesystemType)9)]
    public void An_allocation_or_a_file_system_that_does_not_exist_is_refused(DiskImageAllocationType allocation, FilesystemType fileSystem)
    {
        var request = Create();
        (request.AllocationType, request.FilesystemType) = (allocation, fileSystem);

        Assert.Contains(" 9", Assert.Throws<VmToolsException>(() => Read(request)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FilesystemType.Unspecified, "-b")]
    [InlineData(FilesystemType.Ext4, "/home/me/precious")]
    [InlineData(FilesystemType.Ext4, "./precious")]
    [InlineData(FilesystemType.Ext4, "")]
    public void Options_that_would_be_dropped_or_taken_for_another_disk_are_refused(FilesystemType fileSystem, string option)
    {
        var request = Create();
        request.FilesystemType = fileSystem;
        request.MkfsOpts.Add(option);

        Assert.Contains("mkfs_opts", Assert.Throws<VmToolsException>(() => Read(request)).Message, StringComparison.Ordinal);
    }

    private static StartVmRequest Start() => new() { Name = "vm", OwnerId = ConciergeBench.Owner };

    private static CreateDiskImageRequest Create() => new() { VmName = "vm", CryptohomeId = ConciergeBench.Owner, DiskSize = 1 << 20 };

    private static object Read(IMessage request) => request switch
    {
        StartVmRequest start => StartMethods.SpecOf(start, [], StartExtras.None),
        CreateDiskImageRequest create => DiskMethods.NewDiskOf(create),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>A request that is good but for this field.</summary>
    private static IMessage With(string message, string field)
    {
        var (start, spec, disk) = (Start(), new VirtualMachineSpec(), new DiskImage { Path = "/disk" });
        IMessage owner = message switch
        {
            nameof(StartVmRequest) => start,
            nameof(VirtualMachineSpec) => spec,
            nameof(DiskImage) => disk,
            nameof(CreateDiskImageRequest) => Create(),
            _ => throw new InvalidOperationException(),
        };
        start.Vm = spec;
        if (owner is DiskImage)
        {
            start.Disks.Add(disk);
        }

        Set(owner, owner.Descriptor.FindFieldByName(field));
        return owner is CreateDiskImageRequest ? owner : start;
    }

    private static void Set(IMessage owner, FieldDescriptor field)
    {
        object value = field.FieldType switch
        {
            FieldType.Bool => true,
            FieldType.UInt32 => 4096u,
            FieldType.UInt64 => 4096ul,
            FieldType.Enum => StartVmRequest.Types.TerminaFeature.StartLxd,
            _ => "text",
        };
        if (field.IsRepeated)
        {
            ((System.Collections.IList)field.Accessor.GetValue(owner)).Add(value);
        }
        else
        {
            field.Accessor.SetValue(owner, value);
        }
    }

    private static string[] Split(Dictionary<MessageDescriptor, string> list, MessageDescriptor message) =>
        list.GetValueOrDefault(message, "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static TheoryData<string, string> FieldsOf(Dictionary<MessageDescriptor, string> list)
    {
        var data = new TheoryData<string, string>();
        foreach (var message in list.Keys)
        {
            foreach (var field in Split(list, message))
            {
                data.Add(message.Name, field);
            }
        }

        return data;
    }
}
