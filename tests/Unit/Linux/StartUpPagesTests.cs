using VmTools.Linux;
using Xunit;

namespace VmTools.Unit.Linux;

public sealed class StartUpPagesTests
{
    [Fact]
    public void Forgetting_them_changes_nothing_that_runs()
    {
        StartUpPages.Forget();
        GC.Collect();
        StartUpPages.Forget();

        Assert.Equal(Enumerable.Range(0, 1000).Sum(), Enumerable.Range(0, 1000).OrderDescending().Sum());
    }
}
