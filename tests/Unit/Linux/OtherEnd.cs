using VmTools.Linux;
using VmTools.Linux.Loop;
using Xunit;

namespace VmTools.Unit.Linux;

/// <summary>
/// The other end of a pipe or connection that a test has closed. A child that another test starts at that moment has every descriptor of
/// this process from fork(2) to execve(2), so for an instant the end is still held.
/// </summary>
internal static class OtherEnd
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Until no process holds it any more.</summary>
    public static async Task GoneAsync(FdHandle ours)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await Readiness.WaitAsync(ours, EpollEvents.None, limit.Token);
    }
}
