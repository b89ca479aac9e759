using System.Runtime.CompilerServices;
using Xunit;

namespace VmTools.Unit;

/// <summary>What a test of real processes waits for must come within a time that no healthy machine needs.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public static Task InTime(this Task task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <summary>Looks again and again, for what tells nobody when it happens; says what did not come true.</summary>
    public static async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var began = TimeProvider.System.GetTimestamp(); !condition();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"Not within {Patience.TotalSeconds} s: {what}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
