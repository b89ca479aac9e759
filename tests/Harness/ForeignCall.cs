using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace VmTools.Harness;

/// <summary>
/// Makes a running process make a system call (ptrace(2)): what a program that has been taken over could try. Its main thread, which
/// waits in a call of its own, is stopped there, repeats the instruction with other registers, and goes on as if nothing had been. x86-64,
/// and needs root where the process cannot be dumped.
/// </summary>
public static unsafe partial class ForeignCall
{
    private const int SingleStep = 9;
    private const int GetRegisters = 12;
    private const int SetRegisters = 13;
    private const int Detach = 17;
    private const int Seize = 0x4206;
    private const int Interrupt = 0x4207;
    private const int WaitAll = 0x40000000;
    private const int Attempts = 100;

    /// <summary>
    /// The answer, an error as its negative number; null where the call ended the process. Text and bytes become pointers.
    /// </summary>
    public static long? Make(int pid, int number, params object[] arguments)
    {
        // Only the thread that has seized a process may ask for more.
        long? answer = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                answer = Run(pid, number, arguments);
            }
            catch (InvalidOperationException failed)
            {
                failure = failed;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? answer : throw failure;
    }

    private static long? Run(int pid, int number, object[] arguments)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            Check(Trace(Seize, pid, 0, 0), "PTRACE_SEIZE");
            Check(Trace(Interrupt, pid, 0, 0), "PTRACE_INTERRUPT");
            _ = Wait(pid);
            Registers saved;
            Check(Trace(GetRegisters, pid, 0, (nint)(&saved)), "PTRACE_GETREGS");
            using var memory = new FileStream($"/proc/{pid}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            if (IsAtCall(memory, saved))
            {
                return Make(pid, memory, saved, number, arguments);
            }

            Check(Trace(Detach, pid, 0, 0), "PTRACE_DETACH");
            Thread.Sleep(1);
        }

        throw new InvalidOperationException($"Process {pid} was never found waiting in a system call.");
    }

    private static long? Make(int pid, FileStream memory, Registers saved, int number, object[] arguments)
    {
        var changed = saved;
        var free = saved[Register.StackPointer] - 16384;
        changed[Register.InstructionPointer] -= 2;
        changed[Register.Answer] = (ulong)number;
        changed[Register.OriginalCall] = ulong.MaxValue;
        Register[] places = [Register.First, Register.Second, Register.Third, Register.Fourth, Register.Fifth, Register.Sixth];
        for (var i = 0; i < places.Length; i++)
        {
            changed[places[i]] = i < arguments.Length ? ValueOf(arguments[i], memory, ref free) : 0;
        }

        Check(Trace(SetRegisters, pid, 0, (nint)(&changed)), "PTRACE_SETREGS");
        Check(Trace(SingleStep, pid, 0, 0), "PTRACE_SINGLESTEP");
        if ((Wait(pid) & 0x7f) != 0x7f)
        {
            return null;
        }

        Check(Trace(GetRegisters, pid, 0, (nint)(&changed)), "PTRACE_GETREGS");
        Check(Trace(SetRegisters, pid, 0, (nint)(&saved)), "PTRACE_SETREGS");
        Check(Trace(Detach, pid, 0, 0), "PTRACE_DETACH");
        return (long)changed[Register.Answer];
    }

    private static ulong ValueOf(object argument, FileStream memory, ref ulong free)
    {
        var bytes = argument switch
        {
            string text => Encoding.UTF8.GetBytes(text + '\0'),
            byte[] given => given,
            _ => null,
        };
        if (bytes is null)
        {
            return (ulong)Convert.ToInt64(argument, System.Globalization.CultureInfo.InvariantCulture);
        }

        var place = free;
        memory.Position = (long)place;
        memory.Write(bytes);
        free += ((ulong)bytes.Length + 15) & ~15UL;
        return place;
    }

    private static bool IsAtCall(FileStream memory, Registers registers)
    {
        Span<byte> code = stackalloc byte[2];
        memory.Position = (long)registers[Register.InstructionPointer] - 2;
        memory.ReadExactly(code);
        return code.SequenceEqual((ReadOnlySpan<byte>)[0x0f, 0x05]);
    }

    private static int Wait(int pid)
    {
        int status;
        Check(WaitFor(pid, &status, WaitAll), "waitpid");
        return status;
    }

    private static void Check(long outcome, string what)
    {
        if (outcome == -1)
        {
            throw new InvalidOperationException($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial long Trace(int request, int pid, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitFor(int pid, int* status, int options);

    /// <summary>Places in struct user_regs_struct (sys/user.h).</summary>
    private enum Register
    {
        Fourth = 7,
        Sixth = 8,
        Fifth = 9,
        Answer = 10,
        Third = 12,
        Second = 13,
        First = 14,
        OriginalCall = 15,
        InstructionPointer = 16,
        StackPointer = 19,
    }

    [InlineArray(27)]
    private struct Words
    {
        private ulong _first;
    }

    private struct Registers
    {
        private Words _words;

        public ulong this[Register register]
        {
            readonly get => _words[(int)register];
            set => _words[(int)register] = value;
        }
    }
}
