using System.Runtime.InteropServices;
using VmTools.Linux.Libc;
using VmTools.Linux.Rights;

namespace VmTools.Unit.Linux.Rights;

/// <summary>The kernel's part: what a filter's program answers for a call.</summary>
internal static class SeccompInterpreter
{
    private const uint X64 = 0xC000003E;

    public static uint Decide(SeccompFilter filter, string call, params ulong[] arguments) =>
        Run(filter.Assemble(Architecture.X64), X64, SystemCalls.NumberOf(call, Architecture.X64)!.Value, arguments);

    /// <summary>One walk over struct seccomp_data; a jump backwards or past the end would never come to an answer.</summary>
    public static uint Run(SeccompInstruction[] program, uint architecture, uint number, params ulong[] arguments)
    {
        var data = new uint[16];
        (data[0], data[1]) = (number, architecture);
        for (var i = 0; i < arguments.Length; i++)
        {
            (data[4 + (2 * i)], data[5 + (2 * i)]) = ((uint)arguments[i], (uint)(arguments[i] >> 32));
        }

        uint accumulator = 0;
        for (var at = 0; ; at++)
        {
            var instruction = program[at];
            switch (instruction.Code)
            {
                case 0x20:
                    accumulator = data[instruction.Value / 4];
                    break;
                case 0x54:
                    accumulator &= instruction.Value;
                    break;
                case 0x15:
                    at += accumulator == instruction.Value ? instruction.JumpIfTrue : instruction.JumpIfFalse;
                    break;
                case 0x35:
                    at += accumulator >= instruction.Value ? instruction.JumpIfTrue : instruction.JumpIfFalse;
                    break;
                case 0x06:
                    return instruction.Value;
                default:
                    throw new InvalidOperationException($"No filter of ours has the instruction {instruction.Code:x}.");
            }
        }
    }
}
