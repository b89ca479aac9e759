using System.Text;
using VmTools.Guest.CrashCollector.Facts;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Facts;

public sealed class EnvironmentTextTests
{
    [Theory]
    [InlineData("HOME=/home/chronos\0", "HOME=/home/chronos\0")]
    [InlineData("LC_ALL=C.UTF-8\0", "LC_ALL=C.UTF-8\0")]
    [InlineData("AWS_SECRET_ACCESS_KEY=abc\0", "AWS_SECRET_ACCESS_KEY=(left out)\0")]
    [InlineData("MY_HARMLESS_LOOKING=hunter2\0", "MY_HARMLESS_LOOKING=(left out)\0")]
    [InlineData("PATH=/bin\0TOKEN=x=y\0TERM=dumb\0", "PATH=/bin\0TOKEN=(left out)\0TERM=dumb\0")]
    [InlineData("PATH=/bin", "PATH=/bin\0")]
    [InlineData("a secret without a name\0", "")]
    [InlineData("=secret\0", "")]
    [InlineData("", "")]
    public void Names_stay_and_only_harmless_values_do(string environ, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(EnvironmentText.WithoutSecrets(Encoding.UTF8.GetBytes(environ))));

    [Fact]
    public void A_name_that_is_as_long_as_a_secret_is_dropped() =>
        Assert.Empty(EnvironmentText.WithoutSecrets(Encoding.ASCII.GetBytes(new string('s', 4096) + "=x\0")));
}
