using System.Text;

namespace VmTools.Bench;

/// <summary>A file that somebody appends lines to, and what has come since it was last looked at.</summary>
internal sealed class GrowingFile(Func<string> path)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private long _read;

    /// <summary>Returns once these words have come, at the end of a line.</summary>
    public async Task UntilAsync(string words, CancellationToken cancel)
    {
        var wanted = Encoding.UTF8.GetBytes(words + "\n");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Patience);
        try
        {
            while (!HasCome(wanted))
            {
                await Task.Delay(Pause, TimeProvider.System, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BenchException($"'{words}' did not come to {path()}.");
        }
    }

    private bool HasCome(byte[] wanted)
    {
        if (!File.Exists(path()))
        {
            return false;
        }

        using var file = new FileStream(path(), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = _read;
        var fresh = new byte[file.Length - _read];
        file.ReadExactly(fresh);
        var at = fresh.AsSpan().IndexOf(wanted);
        _read += at >= 0 ? at + wanted.Length : Math.Max(0, fresh.Length - wanted.Length);
        return at >= 0;
    }
}
