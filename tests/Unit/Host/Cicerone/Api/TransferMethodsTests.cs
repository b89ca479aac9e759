using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol.Messages.Containers;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>Files by descriptors, over a real bus, to and from a container host that the test scripts.</summary>
public sealed class TransferMethodsTests : IAsyncLifetime
{
    private readonly ContainerBus _bus = new();
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ScriptedTremplin Tremplin => _bus.Bench.Tremplin;

    public ValueTask InitializeAsync() => _bus.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _bus.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_file_goes_to_the_VM_and_its_place_comes_back()
    {
        var content = new byte[700_000];
        new Random(3).NextBytes(content);
        await File.WriteAllBytesAsync(_directory.File("in"), content, Cancel);
        using var input = FdHandle.Open(_directory.File("in"), OpenFlags.ReadOnly);

        var path = await ReceiveAsync(_bus.Client!, (ulong)content.Length, input);

        Assert.Equal("/in/the/guest", path);
        var chunks = Tremplin.Seen.OfType<FileChunk>().ToList();
        Assert.Equal((ulong)content.Length, chunks[0].TotalBytes);
        Assert.Equal(content, chunks.SelectMany(chunk => chunk.Content).ToArray());
    }

    [Fact]
    public async Task A_client_that_leaves_ends_its_transfer()
    {
        var (read, write) = Pipe.Create();
        using (read)
        using (write)
        {
            var client = await _bus.ConnectAsync();
            var call = ReceiveAsync(client, 0, read);
            await Waiting.UntilAsync(() => Tremplin.Begun > Tremplin.Ended);

            await client.DisposeAsync();

            await Waiting.UntilAsync(() => Tremplin.Begun == Tremplin.Ended);
            await Assert.ThrowsAsync<DBusException>(() => call.InTime());
        }
    }

    [Fact]
    public async Task An_archive_is_written_to_the_descriptor()
    {
        Tremplin.Archive = [[1, 2, 3], [], [4]];
        using var output = FdHandle.OpenOrMake(_directory.File("out"), OpenFlags.WriteOnly);

        var bytes = await ExportAsync("penguin", "zstd", output);

        Assert.Equal(4UL, bytes);
        Assert.Equal([1, 2, 3, 4], await File.ReadAllBytesAsync(_directory.File("out"), Cancel));
        Assert.Equal(Compression.Zstd, Tremplin.Seen.OfType<SendContainerRequest>().Last().Compression);
    }

    [Theory]
    [InlineData("no such name", "")]
    [InlineData("penguin", "lzma")]
    public async Task What_no_container_and_no_compression_is_called_is_refused(string name, string compression)
    {
        using var output = FdHandle.OpenOrMake(_directory.File("out"), OpenFlags.WriteOnly);

        await Assert.ThrowsAsync<DBusException>(() => ExportAsync(name, compression, output));
    }

    [Fact]
    public async Task A_reader_of_the_archive_that_goes_ends_the_export()
    {
        Tremplin.Archive = [.. Enumerable.Repeat(new byte[100_000], 100)];
        var (read, write) = Pipe.Create();
        read.Dispose();
        using (write)
        {
            var refused = await Assert.ThrowsAsync<DBusException>(() => ExportAsync("penguin", "", write));

            Assert.Contains("EPIPE", refused.Message, StringComparison.Ordinal);
        }
    }

    private static async Task<string> ReceiveAsync(BusConnection client, ulong bytes, FdHandle input)
    {
        using var body = BusBody.Of(ContainerBench.Owner).Add("dev").Add(bytes).Add(input.Duplicate());
        using var answer = await client.CallAsync(Call(CiceroneBus.ReceiveFileMember, body), Cancel);
        return answer.Text(0);
    }

    private async Task<ulong> ExportAsync(string name, string compression, FdHandle output)
    {
        using var body = BusBody.Of(ContainerBench.Owner).Add("dev").Add(name).Add(compression).Add(output.Duplicate());
        using var answer = await _bus.Client!.CallAsync(Call(CiceroneBus.ExportContainerMember, body), Cancel);
        return answer.LongNumber(0);
    }

    private static BusCall Call(string member, BusBody body) =>
        new(CiceroneBus.Name, CiceroneBus.Path, CiceroneBus.OwnInterface, member) { Body = body };
}
