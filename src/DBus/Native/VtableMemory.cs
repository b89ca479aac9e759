using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace VmTools.DBus.Native;

/// <summary>
/// An sd-bus vtable in unmanaged memory with the strings it points to, built from our description of an interface. sd-bus
/// keeps the pointers, so this is disposed only after the slot that holds the table.
/// </summary>
internal sealed unsafe class VtableMemory : IDisposable
{
    private readonly List<nint> _strings = [];
    private nint _entries;

    internal VtableMemory(ServedInterface described, delegate* unmanaged<nint, nint, nint, int> handler)
    {
        var count = described.Methods.Count + described.Signals.Count + 2;
        _entries = (nint)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(VtableEntry));
        Count = count;
        try
        {
            Fill(described, (nint)handler);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The first entry, as sd_bus_add_object_vtable takes it.</summary>
    internal nint Address => _entries;

    internal int Count { get; }

    /// <summary>Copies of the entries; for tests of the layout.</summary>
    // SAFETY: the memory holds Count entries until Dispose.
    internal VtableEntry this[int index] => new ReadOnlySpan<VtableEntry>((void*)_entries, Count)[index];

    public void Dispose()
    {
        NativeMemory.Free((void*)_entries);
        _entries = 0;
        foreach (var text in _strings)
        {
            Marshal.FreeCoTaskMem(text);
        }

        _strings.Clear();
    }

    private void Fill(ServedInterface described, nint handler)
    {
        // SAFETY: the memory was allocated for exactly this many entries and nobody else has its address yet.
        var entries = new Span<VtableEntry>((void*)_entries, Count);
        var next = 0;
        entries[next++] = new VtableEntry
        {
            TypeAndFlags = VtableEntry.Start,
            Word0 = Unsafe.SizeOf<VtableEntry>(),
            Word1 = (nint)VtableEntry.ParameterNames,
            Word2 = FormatVariable(),
        };
        foreach (var method in described.Methods)
        {
            entries[next++] = new VtableEntry
            {
                TypeAndFlags = VtableEntry.Method | (VtableEntry.Unprivileged << 8),
                Word0 = Text(method.Member),
                Word1 = Text(method.In),
                Word2 = Text(method.Out),
                Word3 = handler,
                Word5 = Names([.. method.InNames, .. method.OutNames]),
            };
        }

        foreach (var signal in described.Signals)
        {
            entries[next++] = new VtableEntry
            {
                TypeAndFlags = VtableEntry.Signal,
                Word0 = Text(signal.Member),
                Word1 = Text(signal.Signature),
                Word2 = Names(signal.Names),
            };
        }

        entries[next] = new VtableEntry { TypeAndFlags = VtableEntry.End };
    }

    /// <summary>A variable whose presence tells sd-bus which version of the format the caller was built for.</summary>
    private static nint FormatVariable() =>
        NativeLibrary.GetExport(NativeLibrary.Load(SdBus.Library), "sd_bus_object_vtable_format");

    private nint Text(string text)
    {
        var copy = Marshal.StringToCoTaskMemUTF8(text);
        _strings.Add(copy);
        return copy;
    }

    /// <summary>Names one after the other, each ended by a NUL, the last one by two.</summary>
    private nint Names(IReadOnlyList<string> names) =>
        Text(names.Aggregate(new StringBuilder(), (text, name) => text.Append(name).Append('\0')).ToString());
}
