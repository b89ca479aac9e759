using System.Globalization;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Copying;

/// <summary>How much has been copied, on a terminal and after a while only: a copy that is quick says nothing.</summary>
internal sealed class CopyProgress(VmcContext context) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private readonly long _start = context.Clock.GetTimestamp();
    private TimeSpan _next = Patience;
    private ulong _bytes;
    private bool _isShown;

    public void Add(int bytes)
    {
        _bytes += (ulong)bytes;
        var elapsed = context.Clock.GetElapsedTime(_start);
        if (context.Console.CanRewriteLine && elapsed >= _next)
        {
            _next = elapsed + Beat;
            _isShown = true;
            context.Console.Error.Write(
                string.Create(
                CultureInfo.InvariantCulture, $"{VmcConsole.EraseLine}{SizeText.Show(_bytes)} copied ({elapsed.TotalSeconds:0} s)"));
        }
    }

    public void Dispose()
    {
        if (_isShown)
        {
            context.Console.Error.Write(VmcConsole.EraseLine);
        }
    }
}
