using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.CrashCollector.Conversion;
using VmTools.Linux;
using VmTools.Linux.Files;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Conversion;

public sealed class CorePipeTests : IDisposable
{
    private readonly FdHandle _reading;
    private readonly FdHandle _writing;

    public CorePipeTests() => (_reading, _writing) = Pipe.Create();

    public void Dispose()
    {
        _reading.Dispose();
        _writing.Dispose();
    }

    [Fact]
    public void What_is_written_is_read_until_the_end()
    {
        using var pipe = new CorePipe(_reading, TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.Equal(Errno.None, Fd.TryWrite(_writing, "core"u8, out _));
        _writing.Dispose();

        using var read = new MemoryStream();
        pipe.CopyTo(read);

        Assert.Equal("core"u8.ToArray(), read.ToArray());
        Assert.False(pipe.IsOutOfTime);
    }

    [Fact]
    public void A_core_that_never_ends_is_cut_off()
    {
        using var pipe = new CorePipe(_reading, TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.Equal(Errno.None, Fd.TryWrite(_writing, "core"u8, out _));

        using var read = new MemoryStream();
        pipe.CopyTo(read);

        Assert.Equal(4, read.Length);
        Assert.True(pipe.IsOutOfTime);
    }

    [Fact]
    public async Task A_reader_waits_for_what_is_still_to_come()
    {
        using var pipe = new CorePipe(_reading, TimeSpan.FromMinutes(1), new FakeTimeProvider());
        var buffer = new byte[4];
        var reading = Task.Run(() => pipe.Read(buffer), TestContext.Current.CancellationToken);

        Assert.Equal(Errno.None, Fd.TryWrite(_writing, "late"u8, out _));

        Assert.Equal(4, await reading);
    }
}
