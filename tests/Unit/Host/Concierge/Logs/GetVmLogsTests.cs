using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Concierge.Logs;
using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Logs;

/// <summary>What a VM said from all sides: put together by time, cut at the front.</summary>
public sealed class GetVmLogsTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly InstanceDirectories _directories;
    private readonly VmId _id = VmId.Parse("abc", "termina");
    private readonly VmLogPaths _places;

    public GetVmLogsTests()
    {
        _directories = new InstanceDirectories(_directory.File("run"), _directory.Path, _directory.File("image"));
        _places = VmLogPaths.Of(_directories, _id);
        Directory.CreateDirectory(_places.Directory);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void All_sources_and_their_older_files_are_put_together_by_time()
    {
        Write(_places.FileOf(LogSource.Console) + ".1", 1, "one");
        Write(_places.FileOf(LogSource.User), 2, "two");
        Write(_places.FileOf(LogSource.Console), 3, "three");
        Write(_places.FileOf(LogSource.Kernel), 4, "four");

        Assert.Equal(
            "2030-01-01T00:00:01.000000Z <13>  VM(33): one\n2030-01-01T00:00:02.000000Z <13>  VM(33): two\n"
            + "2030-01-01T00:00:03.000000Z <13>  VM(33): three\n2030-01-01T00:00:04.000000Z <13>  VM(33): four\n",
            Run(GetVmLogs.MostBytes));
    }

    [Fact]
    public void What_does_not_fit_loses_its_oldest_lines()
    {
        Write(_places.FileOf(LogSource.Console), 1, "one");
        Write(_places.FileOf(LogSource.User), 2, "two");

        Assert.Equal("2030-01-01T00:00:02.000000Z <13>  VM(33): two\n", Run(60));
    }

    [Fact]
    public void A_vm_that_never_logged_has_an_empty_log() => Assert.Equal("", Run(60));

    private string Run(long most) =>
        Encoding.UTF8.GetString(new GetVmLogs(_directories, new FakeTimeProvider(Time), most).Run(_id, reserved: 0).Span);

    private static void Write(string path, int second, string text)
    {
        var line = new ArrayBufferWriter<byte>();
        new StoredLine(Time.AddSeconds(second), 5, 33, Encoding.UTF8.GetBytes(text)).WriteTo(line);
        File.AppendAllBytes(path, line.WrittenSpan);
    }
}
