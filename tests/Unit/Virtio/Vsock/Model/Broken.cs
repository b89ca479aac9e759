using System.Runtime.CompilerServices;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>What to say where a check fails. The text of one that holds is never made: a run of schedules makes millions of them.</summary>
[InterpolatedStringHandler]
internal ref struct Broken
{
    private DefaultInterpolatedStringHandler _text;

    public Broken(int literals, int values, bool holds, out bool isWanted)
    {
        isWanted = !holds;
        _text = isWanted ? new DefaultInterpolatedStringHandler(literals, values) : default;
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public string Text() => _text.ToStringAndClear();
}
