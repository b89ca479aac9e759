using System.Buffers;

namespace VmTools.Host.VsockDevice.Console;

/// <summary>
/// Makes lines of what a console says: one ends with CR, LF or both, or where it gets too long; empty ones are none. Escape sequences
/// (ECMA-48) are meant for a terminal and are left out, wherever the reads cut them; a tab becomes a blank. A sequence that is
/// never finished hides at most the rest of its line.
/// </summary>
internal sealed class ConsoleLines(Action<ReadOnlySpan<byte>> line)
{
    public const int MaxLine = 1000;

    private const byte Escape = 0x1b;
    private const byte Bell = 0x07;

    /// <summary>All that is not text; found eight and more bytes at a time.</summary>
    private static readonly SearchValues<byte> Special = SearchValues.Create("\t\n\r\u001b"u8);

    private readonly byte[] _line = new byte[MaxLine];
    private int _length;
    private Place _place;

    private enum Place
    {
        Text,
        AfterEscape,
        ControlSequence,
        ControlString,
    }

    /// <summary>Whether a line has begun.</summary>
    public bool IsInside => _length > 0;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[(_place == Place.Text ? TakeText(bytes) : TakeEscape(bytes[0]))..];
        }
    }

    /// <summary>Makes a line of what there is, as the guest may never end it.</summary>
    public void End()
    {
        var length = _length;
        _length = 0;
        if (length > 0)
        {
            line(_line.AsSpan(0, length));
        }
    }

    private int TakeText(ReadOnlySpan<byte> bytes)
    {
        var length = bytes.IndexOfAny(Special);
        if (length != 0)
        {
            length = length < 0 ? bytes.Length : length;
            Append(bytes[..length]);
            return length;
        }

        switch (bytes[0])
        {
            case Escape:
                _place = Place.AfterEscape;
                break;
            case (byte)'\t':
                Append(" "u8);
                break;
            default:
                End();
                break;
        }

        return 1;
    }

    /// <summary>One byte of a sequence; zero when it turns out to be text again.</summary>
    private int TakeEscape(byte next)
    {
        var (place, isTaken) = (_place, next) switch
        {
            (_, (byte)'\n' or (byte)'\r') => (Place.Text, false),
            (_, Escape) => (Place.AfterEscape, true),
            (Place.AfterEscape, (byte)'[') => (Place.ControlSequence, true),
            (Place.AfterEscape, (byte)']' or (byte)'P' or (byte)'X' or (byte)'^' or (byte)'_') => (Place.ControlString, true),
            (Place.AfterEscape, >= 0x20 and < 0x30) => (Place.AfterEscape, true),
            (Place.AfterEscape, >= 0x30 and < 0x7f) => (Place.Text, true),
            (Place.ControlSequence, >= 0x20 and < 0x40) => (Place.ControlSequence, true),
            (Place.ControlSequence, >= 0x40 and < 0x7f) => (Place.Text, true),
            (Place.ControlString, Bell) => (Place.Text, true),
            (Place.ControlString, _) => (Place.ControlString, true),
            _ => (Place.Text, false),
        };
        _place = place;
        return isTaken ? 1 : 0;
    }

    private void Append(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var count = Math.Min(MaxLine - _length, text.Length);
            text[..count].CopyTo(_line.AsSpan(_length));
            _length += count;
            text = text[count..];
            if (_length == MaxLine)
            {
                Cut();
            }
        }
    }

    /// <summary>Ends the line between two characters, if this is UTF-8.</summary>
    private void Cut()
    {
        var begun = BytesOfBegunCharacter(_line);
        line(_line.AsSpan(0, MaxLine - begun));
        _line.AsSpan(MaxLine - begun).CopyTo(_line);
        _length = begun;
    }

    private static int BytesOfBegunCharacter(ReadOnlySpan<byte> bytes)
    {
        for (var count = 1; count <= 3; count++)
        {
            var first = bytes[^count];
            if ((first & 0xc0) != 0x80)
            {
                var whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
                return whole > count ? count : 0;
            }
        }

        return 0;
    }
}
