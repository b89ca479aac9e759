using System.Text;
using System.Threading.Channels;

namespace VmTools.Unit.Host.Vmc;

/// <summary>An output whose lines can be awaited.</summary>
internal sealed class LineSignal : TextWriter
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public override Encoding Encoding => Encoding.UTF8;

    public override void WriteLine(string? value) => _lines.Writer.TryWrite(value ?? "");

    public async Task<string> NextAsync(CancellationToken cancel) =>
        await _lines.Reader.ReadAsync(cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), cancel);
}
