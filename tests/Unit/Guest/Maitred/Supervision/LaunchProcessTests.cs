using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Supervision;

public sealed class LaunchProcessTests
{
    [Fact]
    public async Task A_program_without_arguments_is_refused()
    {
        await using var reaper = Reaper.ForChildren();
        await using var supervisor = new Supervisor(
            reaper, new Dictionary<string, string>(), _ => { }, TimeProvider.System, NullLogger.Instance);

        var refused = await Assert.ThrowsAsync<VmToolsException>(
            () => new LaunchProcess(supervisor).RunAsync(new LaunchSpec { Arguments = [] }, TestContext.Current.CancellationToken));

        Assert.Equal((ErrorKind.InvalidArgument, "missing argv"), (refused.Kind, refused.Message));
    }
}
