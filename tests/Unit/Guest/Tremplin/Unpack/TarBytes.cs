using System.Globalization;
using System.Text;

namespace VmTools.Unit.Guest.Tremplin.Unpack;

/// <summary>A tar, entry by entry, with whatever a test wants in it.</summary>
internal sealed class TarBytes
{
    private readonly List<byte> _bytes = [];

    public TarBytes Directory(string name, int mode = 0x1ED) => Add(name, '5', "", [], mode);

    public TarBytes File(string name, string content, int mode = 0x1A4) => Add(name, '0', "", Encoding.UTF8.GetBytes(content), mode);

    public TarBytes File(string name, byte[] content, int mode = 0x1A4) => Add(name, '0', "", content, mode);

    public TarBytes Link(string name, string target) => Add(name, '2', target, []);

    public TarBytes HardLink(string name, string target) => Add(name, '1', target, []);

    public TarBytes Device(string name) => Add(name, '3', "", []);

    public TarBytes Pax(params (string Key, byte[] Value)[] records) =>
        Add("pax", 'x', "", [.. records.SelectMany(record => Record(record.Key, record.Value))]);

    public TarBytes Add(string name, char type, string target, byte[] content, int mode = 0x1A4, long uid = 0)
    {
        var header = new byte[512];
        Put(header, 0, name);
        Put(header, 100, Octal(mode, 7));
        Put(header, 108, Octal(uid, 7));
        Put(header, 116, Octal(uid, 7));
        Put(header, 124, Octal(content.Length, 11));
        Put(header, 136, Octal(1_700_000_000, 11));
        header[156] = (byte)type;
        Put(header, 157, target);
        Put(header, 257, "ustar\0" + "00");
        Put(header, 148, "        ");
        Put(header, 148, Octal(header.Sum(value => (int)value), 6) + "\0");
        _bytes.AddRange(header);
        _bytes.AddRange(content);
        _bytes.AddRange(new byte[-content.Length & 511]);
        return this;
    }

    public byte[] End() => [.. _bytes, .. new byte[1024]];

    private static byte[] Record(string key, byte[] value)
    {
        var rest = key.Length + value.Length + 3;
        var length = rest + Digits(rest);
        length = rest + Digits(length);
        return [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} {key}=")), .. value, (byte)'\n'];
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    private static string Octal(long number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');

    private static void Put(byte[] header, int at, string text) => Encoding.Latin1.GetBytes(text, header.AsSpan(at));
}
