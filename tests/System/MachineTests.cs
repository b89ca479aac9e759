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
}
