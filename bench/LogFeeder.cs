using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace VmTools.Bench;

/// <summary>
/// Plays a VM's device and its vm_syslog towards the running forwarder: registered under a CID of its own, it sends batches of the
/// size that a guest sends, each when the one before is answered.
/// </summary>
internal sealed class LogFeeder : IDisposable
{
    private const uint Cid = 60_000;
    private const int BatchBytes = 48 * 1024;

    private readonly string _record;
    private readonly string _device;
    private readonly string _spool = Guid.NewGuid().ToString("N");
    private readonly HttpClient _client;

    public LogFeeder(BenchInstance instance)
    {
        _device = Path.Combine(instance.Runtime, "vsock", $"device.{Cid}");
        _record = Path.Combine(instance.Runtime, "vms", $"{instance.Owner}.ZmVlZGVy.json");
        var stat = File.ReadAllText("/proc/self/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        File.WriteAllText(_device, $"{Environment.ProcessId} {stat[19]}\n");
        File.WriteAllText(_record, $$"""{"schema":1,"owner":"{{instance.Owner}}","name":"feeder","cid":{{Cid}},"boot_id":"","control_socket":""}""");
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) => await DialAsync(Path.Combine(instance.Runtime, "vsock", "host.9999"), cancel),
        });
    }

    /// <summary>How long the forwarder takes from the first batch to its answer to the last.</summary>
    public async Task<TimeSpan> FeedAsync(int records, CancellationToken cancel)
    {
        var batches = Batches(records);
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < batches.Count; i++)
        {
            await SendAsync(batches[i], i + 1, cancel);
        }

        return TimeProvider.System.GetElapsedTime(began);
    }

    public void Dispose()
    {
        _client.Dispose();
        File.Delete(_device);
        File.Delete(_record);
    }

    private static async Task<Stream> DialAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"PEER {Cid} 1024\n"), cancel);
        return stream;
    }

    private async Task SendAsync(byte[] batch, int number, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://vsock/vm_tools.LogCollector/CollectUserLogs")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(batch) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.Add("vmtools-batch", string.Create(CultureInfo.InvariantCulture, $"{_spool}-{number}"));
        using var response = await _client.SendAsync(request, cancel);
        await response.Content.ReadAsByteArrayAsync(cancel);
        var headers = response.TrailingHeaders.Concat(response.Headers).Where(header => header.Key == "grpc-status")
            .SelectMany(header => header.Value);
        if (headers.FirstOrDefault() != "0")
        {
            throw new BenchException($"The forwarder refused a batch: {response.StatusCode}, {response.TrailingHeaders}{response.Headers}");
        }
    }

    /// <summary>Each a gRPC message: a byte for no compression, four for the length, and a LogRequest.</summary>
    private static List<byte[]> Batches(int records)
    {
        var batches = new List<byte[]>();
        var batch = new List<byte> { 0, 0, 0, 0, 0 };
        var seconds = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        for (var number = 1; number <= records; number++)
        {
            AddRecord(batch, seconds, Encoding.ASCII.GetBytes($"flood: number {number}"));
            if (batch.Count > BatchBytes || number == records)
            {
                var message = batch.ToArray();
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), message.Length - 5);
                batches.Add(message);
                batch = [0, 0, 0, 0, 0];
            }
        }

        return batches;
    }

    /// <summary>LogRequest field 1: a LogRecord with severity (field 1, info), timestamp (field 2) and content (field 5).</summary>
    private static void AddRecord(List<byte> request, ulong seconds, byte[] content)
    {
        List<byte> time = [0x08];
        AddVarint(time, seconds);
        List<byte> record = [0x08, 0x07, 0x12, (byte)time.Count, .. time, 0x2a, (byte)content.Length, .. content];
        request.Add(0x0a);
        AddVarint(request, (ulong)record.Count);
        request.AddRange(record);
    }

    private static void AddVarint(List<byte> to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to.Add((byte)(value | 0x80));
        }

        to.Add((byte)value);
    }
}
