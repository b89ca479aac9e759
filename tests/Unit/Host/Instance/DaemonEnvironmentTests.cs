using System.Text.RegularExpressions;
using VmTools.Host.Instance;
using VmTools.Unit.House;
using Xunit;

namespace VmTools.Unit.Host.Instance;

public sealed partial class DaemonEnvironmentTests
{
    /// <summary>Daemons get a defined environment, so a variable that is not listed there would be dropped on the way.</summary>
    [Fact]
    public void Every_variable_that_host_programs_read_reaches_the_daemons()
    {
        var read = SourceTree.Files.Where(file => file.Path.StartsWith("src/Host/", StringComparison.Ordinal))
            .SelectMany(file => Variable().Matches(file.Text).Select(match => match.Groups[1].Value))
            .Distinct().Order(StringComparer.Ordinal).ToArray();
        var instance = new HostInstance(1000, new InstanceDirectories("/r", "/s", "/i"), "/bin",
            TimeProvider.System)
        { Environment = _ => "/some/value" };

        Assert.Contains("VMTOOLS_QEMU", read);
        Assert.Empty(read.Except(DaemonEnvironment.ForDaemon(instance).Keys));
    }

    [GeneratedRegex("\"(VMTOOLS_[A-Z0-9_]+)\"")]
    private static partial Regex Variable();
}
