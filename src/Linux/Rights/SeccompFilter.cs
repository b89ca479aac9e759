using System.Runtime.InteropServices;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Rights;

/// <summary>
/// Which system calls a process may make (seccomp(2)): of the rules for a call the first whose tests hold decides, and otherwise what
/// is said for the rest. A process that makes calls in another way than its own processor's ends: their numbers mean other calls.
/// </summary>
public sealed class SeccompFilter(SeccompAction others)
{
    /// <summary>Offsets in struct seccomp_data; an argument's halves lie as the processor has them, which is low first.</summary>
    private const uint NumberAt = 0;
    private const uint ArchitectureAt = 4;
    private const uint ArgumentsAt = 16;

    private readonly List<SeccompRule> _rules = [];

    /// <summary>Names with blanks between; further on, one that has been named already is decided.</summary>
    public SeccompFilter Add(SeccompAction action, string calls)
    {
        _rules.AddRange(calls.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(call => new SeccompRule(call, action)));
        return this;
    }

    public SeccompFilter Add(params ReadOnlySpan<SeccompRule> rules)
    {
        _rules.AddRange(rules);
        return this;
    }

    /// <summary>
    /// Puts every thread of this process under the filter for good, and gives it no_new_privs, without which an ordinary user may not.
    /// Returns why not, where the kernel has no such filters.
    /// </summary>
    public unsafe Errno Enforce()
    {
        Syscall.Check(Native.ProcessControl(Native.ProcessNoNewPrivileges, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS");
        var program = Assemble(RuntimeInformation.ProcessArchitecture);

        // SAFETY: the array is pinned for the call; the kernel copies it.
        fixed (SeccompInstruction* instructions = program)
        {
            var described = new SeccompProgram { Length = (ushort)program.Length, Instructions = instructions };
            var outcome = Native.Call(Native.CallSeccomp, Native.SeccompSetFilter, Native.SeccompSynchronizeThreads, (nint)(&described));
            if (outcome == 0)
            {
                return Errno.None;
            }

            // A positive answer is the thread that has a filter of its own and could not follow.
            var error = outcome == -1 ? Syscall.LastError : Errno.EBUSY;
            return error is Errno.ENOSYS or Errno.EINVAL && !IsAvailable() ? error : throw new LinuxException(error, "seccomp");
        }
    }

    /// <summary>Whether the kernel has filters that can end a process.</summary>
    public static unsafe bool IsAvailable()
    {
        var action = Native.SeccompKillProcess;
        return Native.Call(Native.CallSeccomp, Native.SeccompActionAvailable, 0, (nint)(&action)) == 0;
    }

    /// <summary>The program, whose conditional jumps reach 255 instructions: only over the tests of one call.</summary>
    internal SeccompInstruction[] Assemble(Architecture architecture)
    {
        List<SeccompInstruction> program =
        [
            Load(ArchitectureAt),
            Jump(Native.FilterJumpIfEqual, architecture == Architecture.X64
                ? Native.AuditArchitectureX64
                : Native.AuditArchitectureArm64, 1, 0),
            Return(SeccompAction.Kill),
            Load(NumberAt),
        ];
        if (architecture == Architecture.X64)
        {
            program.AddRange([Jump(Native.FilterJumpIfAtLeast, Native.X32Calls, 0, 1), Return(SeccompAction.Kill)]);
        }

        foreach (var call in _rules.GroupBy(rule => rule.Call, StringComparer.Ordinal))
        {
            if (SystemCalls.NumberOf(call.Key, architecture) is { } number)
            {
                var decision = Decide([.. call]);
                program.Add(Jump(Native.FilterJumpIfEqual, number, 0, checked((byte)decision.Count)));
                program.AddRange(decision);
            }
        }

        return [.. program, Return(others)];
    }

    private List<SeccompInstruction> Decide(IReadOnlyList<SeccompRule> rules)
    {
        List<SeccompInstruction> program = [];
        foreach (var rule in rules)
        {
            var tests = rule.Tests.SelectMany(Halves).Where(half => half.Mask != 0).ToList();
            for (var i = 0; i < tests.Count; i++)
            {
                // Past the tests that are left, three instructions each, and the return.
                var past = checked((byte)((3 * (tests.Count - i - 1)) + 1));
                program.AddRange(
                [
                    Load(tests[i].Offset),
                    new SeccompInstruction { Code = Native.FilterAnd, Value = tests[i].Mask },
                    Jump(Native.FilterJumpIfEqual, tests[i].Value, 0, past),
                ]);
            }

            program.Add(Return(rule.Action));
            if (tests.Count == 0)
            {
                return program;
            }
        }

        program.Add(Return(others));
        return program;
    }

    private static IEnumerable<(uint Offset, uint Mask, uint Value)> Halves(SeccompTest test)
    {
        var offset = ArgumentsAt + (8 * (uint)test.Argument);
        yield return (offset, (uint)test.Mask, (uint)test.Value);
        yield return (offset + 4, (uint)(test.Mask >> 32), (uint)(test.Value >> 32));
    }

    private static SeccompInstruction Load(uint offset) => new() { Code = Native.FilterLoad, Value = offset };

    private static SeccompInstruction Return(SeccompAction action) => new() { Code = Native.FilterReturn, Value = action.Value };

    private static SeccompInstruction Jump(ushort kind, uint value, byte ifTrue, byte ifFalse) =>
        new() { Code = kind, Value = value, JumpIfTrue = ifTrue, JumpIfFalse = ifFalse };
}
