using System.Buffers.Binary;
using CsCheck;
using VmTools.Host.CrashStore;
using VmTools.Host.CrashStore.Settings;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>Any message, and any bytes in the place of one: no defect, and no file but a report's in its VM's directory.</summary>
public sealed class IntakePropertyTests
{
    private static readonly VsockAddress Address = new(Cid.Host, Ports.CrashListener);

    private static readonly Gen<CrashReport> Reports =
        from metadata in Gen.Dictionary(Gen.String[Gen.Char["ab./\0\n=\u00e9_-"], 0, 100], Gen.String)[0, 70]
        from dump in Gen.Byte.Array[0, 500]
        from tree in Gen.String
        select new CrashReport { Metadata = { metadata }, Minidump = Google.Protobuf.ByteString.CopyFrom(dump), ProcessTree = tree };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>In several stores: each report looks through all that its store has.</summary>
    [Fact]
    public async Task Any_report_is_stored_below_its_vm_and_read_back()
    {
        for (var store = 0; store < 5; store++)
        {
            await AnyReportsAsync(40);
        }
    }

    [Fact]
    public async Task Any_bytes_in_the_place_of_a_connection_harm_nobody()
    {
        await using var bench = CrashBench.Start().Run("dev", 40).Run("other", 41);

        await Gen.Byte.Array[0, 300].SampleAsync(async bytes => await ThrowAtAsync(bench, bytes), iter: 100, threads: 1);
        await bench.SendAsync(41, CrashBench.Report());

        Assert.Single(bench.Stored("other"));
        Assert.Empty(bench.Stored("dev"));
        Assert.DoesNotContain(bench.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_is_garbled_is_refused_and_counted_to_nobody()
    {
        await using var bench = CrashBench.Start().Run("dev", 40);

        await Gen.Byte.Array[1, 200].SampleAsync(async bytes => await RefusedOrTakenAsync(bench, bytes), iter: 100, threads: 1);

        Assert.All(bench.Files, file => Assert.Equal(bench.DirectoryOf("dev"), Path.GetDirectoryName(file)));
        Assert.DoesNotContain(bench.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static async Task AnyReportsAsync(int count)
    {
        await using var bench = CrashBench.Start(CrashSettings.Default with { ReportBurst = 10_000 }).Run("dev", 40);
        var guest = bench.Guest(40);
        var number = 0;

        await Reports.SampleAsync(async report =>
        {
            await guest.SendCrashReportAsync(report, CrashBench.Soon());
            number++;
        }, iter: count, threads: 1);

        Assert.Equal(number, bench.Stored("dev").Count);
        Assert.All(bench.Files, file => Assert.Equal(bench.DirectoryOf("dev"), Path.GetDirectoryName(file)));
        Assert.All(bench.Files, file => Assert.True(CrashId.TryParse(Path.GetFileNameWithoutExtension(file), out _), file));
        Assert.DoesNotContain(bench.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static async Task ThrowAtAsync(CrashBench bench, byte[] bytes)
    {
        await using var stream = await bench.Vsock.As(new Cid(40)).ConnectAsync(Address, Cancel);
        try
        {
            await stream.Stream.WriteAsync(bytes, Cancel);
        }
        catch (IOException)
        {
            // More connections than a VM may have are closed at once.
        }
    }

    /// <summary>Few random bytes are a message; those that are may be stored.</summary>
    private static async Task RefusedOrTakenAsync(CrashBench bench, byte[] bytes)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) => (await bench.Vsock.As(new Cid(40)).ConnectAsync(Address, cancel)).Stream,
        };
        using var client = new HttpClient(handler);
        var body = new byte[5 + bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(1), (uint)bytes.Length);
        bytes.CopyTo(body, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://vsock/vm_tools.cicerone.CrashListener/SendCrashReport")
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        using var answer = await client.SendAsync(request, Cancel);
        _ = await answer.Content.ReadAsByteArrayAsync(Cancel);

        Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
    }
}
