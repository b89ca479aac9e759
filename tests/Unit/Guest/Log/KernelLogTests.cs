using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Log;
using VmTools.Linux;
using VmTools.Linux.Files;
using Xunit;

namespace VmTools.Unit.Guest.Log;

public sealed class KernelLogTests
{
    [Theory]
    [InlineData(LogLevel.Debug, "<7>")]
    [InlineData(LogLevel.Information, "<6>")]
    [InlineData(LogLevel.Warning, "<4>")]
    [InlineData(LogLevel.Error, "<3>")]
    [InlineData(LogLevel.Critical, "<2>")]
    public void A_record_is_tag_prefix_and_text(LogLevel level, string tag) =>
        Assert.Equal($"{tag}utils_test: log message", Written(log => log.Write(level, "log message")));

    [Fact]
    public void Text_cannot_begin_a_record_of_its_own() =>
        Assert.Equal("<6>x: a <0>panic [31m", Written(log => log.Write(LogLevel.Information, "a\n<0>panic\u001b[31m"), "x: "));

    [Fact]
    public void A_long_text_is_cut_to_what_the_kernel_takes() =>
        Assert.Equal(KernelLog.MaxRecord, Written(log => log.Write(LogLevel.Error, new string('x', 5000))).Length);

    private static string Written(Action<KernelLog> write, string prefix = "utils_test: ")
    {
        var (read, end) = Pipe.Create();
        using (read)
        {
            using (var log = KernelLog.To(end, prefix))
            {
                write(log);
            }

            var buffer = new byte[8192];
            Fd.TryRead(read, buffer, out var count);
            return Encoding.UTF8.GetString(buffer, 0, count);
        }
    }
}
