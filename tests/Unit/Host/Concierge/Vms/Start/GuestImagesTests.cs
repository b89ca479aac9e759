using VmTools.Host.Concierge.Vms.Start;
using VmTools.Protocol;
using VmTools.Unit.Host.Concierge.Fakes;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms.Start;

/// <summary>An image that is missing or damaged is named before a VM fails to boot from it.</summary>
public sealed class GuestImagesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public GuestImagesTests() => FakeImage.WriteTo(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_sound_image_is_taken()
    {
        var image = new GuestImages(_directory.Path).Check();

        Assert.Equal(_directory.File("vmlinux"), image.Kernel);
        Assert.Equal(_directory.File("rootfs.img"), image.RootDisk);
        Assert.Equal(_directory.File("penguin.img"), image.StockContainer);
    }

    [Fact]
    public void An_image_without_a_manifest_is_taken_on_its_looks()
    {
        File.Delete(_directory.File("manifest.json"));

        Assert.NotNull(new GuestImages(_directory.Path).Check());
    }

    [Fact]
    public void An_image_without_a_stock_container_is_taken()
    {
        File.Delete(_directory.File("penguin.img"));

        Assert.Null(new GuestImages(_directory.Path).Check().StockContainer);
    }

    [Fact]
    public void No_image_at_all_is_told_with_the_command_that_makes_one()
    {
        var error = Assert.Throws<VmToolsException>(() => new GuestImages(_directory.File("nowhere")).Check());

        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("make image", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vmlinux")]
    [InlineData("initramfs.cpio")]
    [InlineData("rootfs.img")]
    public void A_missing_file_is_named(string name)
    {
        File.Delete(_directory.File(name));

        var error = Assert.Throws<VmToolsException>(() => new GuestImages(_directory.Path).Check());

        Assert.Contains($"has no {name}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vmlinux")]
    [InlineData("initramfs.cpio")]
    [InlineData("rootfs.img")]
    [InlineData("penguin.img")]
    [InlineData("manifest.json")]
    public void A_file_with_foreign_content_is_called_damaged(string name)
    {
        File.WriteAllText(_directory.File(name), "x");

        var error = Assert.Throws<VmToolsException>(() => new GuestImages(_directory.Path).Check());

        Assert.Equal(ErrorKind.FailedPrecondition, error.Kind);
        Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rootfs.img")]
    [InlineData("penguin.img")]
    public void A_file_system_that_was_cut_off_is_found_without_a_manifest(string name)
    {
        File.Delete(_directory.File("manifest.json"));
        using (var root = File.OpenWrite(_directory.File(name)))
        {
            root.SetLength(FakeImage.RootLength - 4096);
        }

        var error = Assert.Throws<VmToolsException>(() => new GuestImages(_directory.Path).Check());

        Assert.Contains("4096 bytes", error.Message, StringComparison.Ordinal);
    }
}
