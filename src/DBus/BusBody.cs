using System.Text;
using VmTools.Linux;

namespace VmTools.DBus;

/// <summary>
/// The arguments of a message, in order. Kinds: byte array <c>ay</c>, text <c>s</c> (also <c>o</c> and <c>g</c> when reading),
/// list of text <c>as</c>, numbers <c>u i t</c>, boolean <c>b</c>, descriptor <c>h</c>, list of descriptors <c>ah</c>. It owns the
/// descriptors in it until they are taken out; disposing closes the rest.
/// </summary>
public sealed class BusBody : IDisposable
{
    private readonly List<object> _values = [];
    private readonly StringBuilder _signature = new();

    /// <summary>No arguments. A new one each time, because a body is filled by adding to it.</summary>
    public static BusBody Empty => new();

    public int Count => _values.Count;

    public string Signature => _signature.ToString();

    /// <summary>The values as the message writer reads them.</summary>
    internal IReadOnlyList<object> Values => _values;

    /// <summary>A body of one byte array: what nearly every call of ours carries.</summary>
    public static BusBody Of(ReadOnlyMemory<byte> bytes) => new BusBody().Add(bytes);

    public static BusBody Of(string text) => new BusBody().Add(text);

    public BusBody Add(ReadOnlyMemory<byte> bytes) => Add(bytes, "ay");

    public BusBody Add(string text) => Add(text, "s");

    public BusBody Add(IReadOnlyList<string> texts) => Add(texts, "as");

    public BusBody Add(uint number) => Add(number, "u");

    public BusBody Add(int number) => Add(number, "i");

    public BusBody Add(ulong number) => Add(number, "t");

    public BusBody Add(bool flag) => Add(flag, "b");

    /// <summary>The body owns the descriptor from here on.</summary>
    public BusBody Add(FdHandle fd) => Add(fd, "h");

    /// <summary>The body owns the descriptors from here on.</summary>
    public BusBody Add(IReadOnlyList<FdHandle> fds) => Add(fds, "ah");

    public ReadOnlyMemory<byte> Bytes(int index) => Get<ReadOnlyMemory<byte>>(index);

    public string Text(int index) => Get<string>(index);

    public IReadOnlyList<string> Texts(int index) => Get<IReadOnlyList<string>>(index);

    public uint Number(int index) => Get<uint>(index);

    public int SignedNumber(int index) => Get<int>(index);

    public ulong LongNumber(int index) => Get<ulong>(index);

    public bool Flag(int index) => Get<bool>(index);

    /// <summary>Takes all descriptors of one argument (<c>h</c> or <c>ah</c>) out: the caller closes them.</summary>
    public IReadOnlyList<FdHandle> TakeFds(int index)
    {
        var taken = ValueAt(index) switch
        {
            FdHandle one => [one],
            IReadOnlyList<FdHandle> many => many,
            _ => throw Mismatch(index),
        };
        _values[index] = Array.Empty<FdHandle>();
        return taken;
    }

    /// <summary>Looks at the descriptors of one argument, which stay the body's.</summary>
    public IReadOnlyList<FdHandle> Fds(int index) =>
        ValueAt(index) is FdHandle one ? [one] : Get<IReadOnlyList<FdHandle>>(index);

    /// <summary>The same arguments once more, with descriptors of their own.</summary>
    internal BusBody Copy()
    {
        var copy = new BusBody();
        copy._signature.Append(_signature);
        copy._values.AddRange(_values.Select(static value => value switch
        {
            FdHandle fd => fd.Duplicate(),
            IReadOnlyList<FdHandle> fds => fds.Select(static fd => fd.Duplicate()).ToArray(),
            _ => value,
        }));
        return copy;
    }

    public void Dispose()
    {
        for (var index = 0; index < _values.Count; index++)
        {
            if (_values[index] is FdHandle or IReadOnlyList<FdHandle>)
            {
                foreach (var fd in TakeFds(index))
                {
                    fd.Dispose();
                }
            }
        }
    }

    private BusBody Add(object value, string type)
    {
        _values.Add(value);
        _signature.Append(type);
        return this;
    }

    private T Get<T>(int index) => ValueAt(index) is T value ? value : throw Mismatch(index);

    private object ValueAt(int index) =>
        index < _values.Count ? _values[index] : throw Mismatch(index);

    private DBusException Mismatch(int index) =>
        new(BusErrors.InvalidArgs, $"Argument {index} is missing or of another type; the arguments are '{Signature}'.");
}
