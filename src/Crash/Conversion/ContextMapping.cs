using System.Buffers.Binary;
using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;

namespace VmTools.Crash.Conversion;

/// <summary>Makes a context record of a thread's registers: what has the same name in both is the same register.</summary>
internal static class ContextMapping
{
    private const int FxMxcsrAt = 24;
    private const int Amd64MxcsrAt = 0x34;
    private const int FxRegistersAt = 32;
    private const int FxRegisterSize = 16;
    private const int FSaveRegistersAt = 28;
    private const int FSaveRegisterSize = 10;
    private const int Arm64StatusAt = 512;
    private const int Arm64StatusSize = 8;

    public static ContextLayout LayoutOf(CoreMachine machine) => ContextLayout.Of(machine switch
    {
        CoreMachine.X64 => ProcessorArchitecture.Amd64,
        CoreMachine.X86 => ProcessorArchitecture.X86,
        CoreMachine.Arm64 => ProcessorArchitecture.Arm64,
        _ => throw new ArgumentOutOfRangeException(nameof(machine), machine, "A machine without a context."),
    });

    /// <summary>The context is zeroed and as long as the layout says.</summary>
    public static void Write(CoreThread thread, ContextLayout layout, Span<byte> context)
    {
        layout.Flags.Write(context, layout.AllFlags);
        var values = thread.Registers.ToDictionary(register => register.Name, register => register.Value);
        foreach (var field in layout.Registers)
        {
            field.Write(context, values[field.Name]);
        }

        if (thread.FloatingPoint is { } state)
        {
            WriteFloatingPoint(state, layout, context);
        }

        if (thread.LegacyFloatingPoint is { } legacy && layout.LegacyFloatingPointAt > 0)
        {
            legacy.CopyTo(context[layout.LegacyFloatingPointAt..]);
        }
    }

    private static void WriteFloatingPoint(ReadOnlySpan<byte> state, ContextLayout layout, Span<byte> context)
    {
        var into = context.Slice(layout.FloatingPointAt, layout.FloatingPointSize);
        switch (layout.Architecture)
        {
            case ProcessorArchitecture.Arm64:
                state.Slice(Arm64StatusAt, Arm64StatusSize).CopyTo(into);
                state[..Arm64StatusAt].CopyTo(into[Arm64StatusSize..]);
                break;
            case ProcessorArchitecture.Amd64:
                state.CopyTo(into);
                state.Slice(FxMxcsrAt, 4).CopyTo(context[Amd64MxcsrAt..]);
                break;
            case ProcessorArchitecture.X86:
                state.CopyTo(into);
                WriteLegacy(state, context[layout.LegacyFloatingPointAt..]);
                break;
        }
    }

    /// <summary>
    /// FXSAVE says the same as FSAVE in other places; of the tags it only has whether a register is empty (Intel SDM 1, 10.5.1).
    /// </summary>
    private static void WriteLegacy(ReadOnlySpan<byte> state, Span<byte> legacy)
    {
        var tags = 0u;
        for (var register = 0; register < 8; register++)
        {
            tags |= (state[4] >> register & 1) == 0 ? 3u << (2 * register) : 0;
            state.Slice(FxRegistersAt + (register * FxRegisterSize), FSaveRegisterSize)
                .CopyTo(legacy[(FSaveRegistersAt + (register * FSaveRegisterSize))..]);
        }

        state[..2].CopyTo(legacy);
        state.Slice(2, 2).CopyTo(legacy[4..]);
        BinaryPrimitives.WriteUInt32LittleEndian(legacy[8..], tags);
        state.Slice(8, 4).CopyTo(legacy[12..]);
        state.Slice(12, 2).CopyTo(legacy[16..]);
        state.Slice(16, 4).CopyTo(legacy[20..]);
        state.Slice(20, 2).CopyTo(legacy[24..]);
    }
}
