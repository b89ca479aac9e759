using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>The beginning of every class of tests on real machines: what they need is there, or they are skipped with the reason.</summary>
public abstract class MachineTests
{
    protected MachineTests()
    {
        if (Prerequisites.Missing is not { } missing)
        {
            return;
        }

        if (Prerequisites.AreMandatory)
        {
            throw new InvalidOperationException(missing);
        }

        Assert.Skip(missing);
    }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Looks again and again; failing shows the logs of this instance.</summary>
    protected static Task WaitForAsync(Sandbox sandbox, Func<bool> holds) => WaitForAsync(sandbox, () => Task.FromResult(holds()));

    protected static async Task WaitForAsync(Sandbox sandbox, Func<Task<bool>> holds)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(40); !await holds(); await Task.Delay(100, Cancel))
        {
            Assert.True(DateTime.UtcNow < end, $"It did not come to that.\n{sandbox.LogText()}");
        }
    }
}
