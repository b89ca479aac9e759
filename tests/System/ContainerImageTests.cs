using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// Containers of images that a user has, in a real VM. The images are made of this machine's own shell and a few of its tools: none of them
/// has an init, a useradd or a name server's address.
/// </summary>
public sealed class ContainerImageTests(ContainerImageTests.ImageMachine machine)
    : MachineTests, IClassFixture<ContainerImageTests.ImageMachine>
{
    /// <summary>$1 is where the images go: root.tar.zst, layout (two layers), layout.tar, wrong.tar, evil.tar.</summary>
    private const string MakeImages = """
        set -e
        cd "$1"
        mkdir -p root/bin root/etc root/root root/tmp root/proc root/sys root/dev root/data
        for tool in sh cat id ls grep sed mkdir chown cp tr sleep hostname stat getent test; do
          path=$(command -v $tool) && cp -L "$(PATH=/usr/bin:/bin command -v $tool || echo $path)" root/bin/ 2>/dev/null || true
        done
        for program in root/bin/*; do
          ldd $program | grep -o '/[^ ]*' | while read -r library; do
            mkdir -p "root$(dirname "$library")"
            cp -Ln "$library" "root$library" || true
          done
        done
        echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
        printf 'root:x:0:\nsudo:x:27:\naudio:x:29:x\n' >root/etc/group
        echo 'PRETTY_NAME="Tiny Linux"' >root/etc/os-release
        ln -s ../nowhere/resolv.conf root/etc/resolv.conf
        echo old >root/data/old
        cp root/bin/cat root/bin/capped
        chmod 1777 root/tmp
        owner="--owner=0 --group=0 --numeric-owner"
        tar $owner -C root -cf root.tar .
        zstd -q root.tar
        mkdir upper upper/data wrong
        echo new >upper/data/new
        : >upper/data/.wh.old
        tar $owner -C upper -cf upper.tar data/new data/.wh.old
        mkdir -p layout/blobs/sha256
        blob() { sum=$(sha256sum <"$1" | cut -c1-64); cp "$1" layout/blobs/sha256/$sum; size=$(stat -c %s "$1"); }
        gzip -k root.tar
        first=$(sha256sum <root.tar | cut -c1-64) second=$(sha256sum <upper.tar | cut -c1-64)
        blob root.tar.gz
        layers='{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:'$sum'","size":'$size'}'
        blob upper.tar
        layers=$layers',{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:'$sum'","size":'$size'}'
        ids='"sha256:'$first'","sha256:'$second'"'
        machine=amd64
        [ "$(uname -m)" = x86_64 ] || machine=arm64
        printf '{"architecture":"%s","os":"linux","rootfs":{"type":"layers","diff_ids":[%s]}}' $machine "$ids" >config
        blob config
        config='{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:'$sum'","size":'$size'}'
        printf '{"schemaVersion":2,"config":%s,"layers":[%s]}' "$config" "$layers" >manifest
        blob manifest
        entry='{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:'$sum'","size":'$size'}'
        printf '{"schemaVersion":2,"manifests":[%s]}' "$entry" >layout/index.json
        echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
        tar -C layout -cf layout.tar .
        echo 'architecture: s390x' >wrong/metadata.yaml
        mkdir wrong/rootfs
        tar -C wrong -cf wrong.tar .
        tar -C wrong -P --transform 's,.*,../../../../etc/vmtools-was-here,' -cf evil.tar metadata.yaml
        """;

    private const string Kept =
        "cd /mnt/stateful/containers; find . -mindepth 1 -maxdepth 2 ! -name .incoming ! -name .images | sort; ls -A .incoming 2>/dev/null";

    private Sandbox Sandbox => machine.Sandbox;

    [Fact]
    public async Task A_root_file_system_without_an_init_is_a_container_with_a_user_and_a_name()
    {
        var made = await CreateAsync("plain", "root.tar.zst");
        var inside = await InAsync("plain", "id -u; cat /etc/hostname; cat /etc/resolv.conf; cat /proc/1/cmdline | tr '\\0' ' '");
        var root = await Sandbox.VshAsync(Machine.Vm, "plain", "--user=root", "--", "stat", "-c", "%u", "/bin/cat");
        var began = TimeProvider.System.GetTimestamp();
        var stopped = await Sandbox.VmcAsync("container", "stop", Machine.Vm, "plain");

        Assert.True(made.Code == 0, made.ToString());
        Assert.Matches("^1000\nplain\nnameserver 100.115.93.1\n.*init", inside);
        Assert.Equal("0\n", root.Output);
        Assert.Equal(0, stopped.Code);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < Speed.Scale(15), "the init ends at the power signal");
    }

    [Fact]
    public async Task Layers_lie_over_one_another_from_a_directory_and_from_an_archive()
    {
        Assert.Equal(0, (await CreateAsync("layers", "layout")).Code);
        Assert.Equal(0, (await CreateAsync("archive", "layout.tar")).Code);

        Assert.Equal("new\n", await InAsync("layers", "ls /data"));
        Assert.Equal("new\n", await InAsync("archive", "ls /data"));
    }

    [Theory]
    [InlineData("wrong.tar", "it is for s390x")]
    [InlineData("evil.tar", "leads upwards")]
    [InlineData("missing.tar", "There is no file or directory")]
    public async Task What_is_refused_leaves_nothing(string file, string why)
    {
        var before = await Sandbox.InGuestAsync(Machine.Vm, $"({Kept}) || true");

        var refused = await CreateAsync("refused", file);

        Assert.NotEqual(0, refused.Code);
        Assert.Contains(why, refused.Errors, StringComparison.Ordinal);
        Assert.Equal(before, await Sandbox.InGuestAsync(Machine.Vm, $"({Kept}) || true"));
    }

    [Fact]
    public async Task A_deleted_container_takes_its_image_with_it()
    {
        var before = await Sandbox.InGuestAsync(Machine.Vm, $"({Kept}) || true");
        Assert.Equal(0, (await CreateAsync("gone", "root.tar.zst")).Code);

        Assert.Equal(0, (await Sandbox.VmcAsync("container", "delete", "--yes", Machine.Vm, "gone")).Code);

        Assert.Equal(before, await Sandbox.InGuestAsync(Machine.Vm, $"({Kept}) || true"));
    }

    private Task<CommandResult> CreateAsync(string name, string file) =>
        Sandbox.VmcAsync("container", "create", Machine.Vm, name, "--from", Path.Combine(machine.Images, file));

    private async Task<string> InAsync(string container, string line)
    {
        var result = await Sandbox.VshAsync(Machine.Vm, container, "--", "sh", "-c", line);
        return result.Code == 0 ? result.Output : throw new InvalidOperationException($"'{line}' in {container}: {result}");
    }

    /// <summary>A machine that runs, and images on its host.</summary>
    public sealed class ImageMachine() : Machine(nameof(ContainerImageTests))
    {
        public string Images => Path.Combine(Sandbox.Directory, "images");

        protected override async Task PrepareAsync(Sandbox sandbox)
        {
            var images = Directory.CreateDirectory(Path.Combine(sandbox.Directory, "images")).FullName;
            var made = await HostCommand.Of("bash", "-c", MakeImages, "bash", images).RunAsync();
            if (made.Code != 0)
            {
                throw new InvalidOperationException($"The images could not be made: {made}");
            }

            // The container host has its directories from here on.
            var listed = await sandbox.VmcAsync("container", "list", Vm);
            if (listed.Code != 0)
            {
                throw new InvalidOperationException($"vmc container list: {listed}\n{sandbox.LogText()}");
            }
        }
    }
}
