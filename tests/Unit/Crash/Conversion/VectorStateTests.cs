using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Conversion;

/// <summary>Floating point and vector registers, from the notes to the reader.</summary>
public sealed class VectorStateTests
{
    private const uint FloatingPoint = 2;
    private const uint FxSave = 0x46e62b7f;
    private const uint ExtendedState = 0x202;

    private static readonly byte[] Pattern = CoreBuilder.Pattern(1024);

    [Fact]
    public void Sse_registers_are_where_the_processor_saves_them()
    {
        var thread = Thread(CoreMachine.X64, ("CORE", FloatingPoint, Pattern[..512]));

        Assert.Equal(Pattern[240..256], Vector(thread, "xmm5"));
    }

    [Fact]
    public void With_avx_a_register_has_both_halves()
    {
        var state = Pattern[..832];
        state[512] = 7;

        var thread = Thread(CoreMachine.X64, ("CORE", FloatingPoint, state[..512]), ("LINUX", ExtendedState, state));

        Assert.Equal([.. state[240..256], .. state[656..672]], Vector(thread, "ymm5"));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(7, true)]
    public void Upper_halves_count_when_the_processor_says_they_are_in_use(byte mask, bool areThere)
    {
        var state = Pattern[..832];
        state[512] = mask;

        var thread = Thread(CoreMachine.X64, ("LINUX", ExtendedState, state));

        Assert.Equal(areThere, thread.Vectors.Any(vector => vector.Name == "ymm0"));
    }

    [Fact]
    public void A_32_bit_thread_has_its_sse_registers()
    {
        var thread = Thread(CoreMachine.X86, ("CORE", FloatingPoint, Pattern[..108]), ("LINUX", FxSave, Pattern[..512]));

        Assert.Equal(Pattern[160..176], Vector(thread, "xmm0"));
        Assert.Equal(8, thread.Vectors.Count);
    }

    [Fact]
    public void An_arm64_thread_has_its_vectors()
    {
        var thread = Thread(CoreMachine.Arm64, ("CORE", FloatingPoint, Pattern[..528]));

        Assert.Equal(Pattern[496..512], Vector(thread, "v31"));
    }

    [Theory]
    [InlineData("CORE", 0x202U)]
    [InlineData("OTHER", 2U)]
    public void A_note_of_another_owner_means_something_else(string owner, uint type)
    {
        var thread = Thread(CoreMachine.X64, (owner, type, Pattern[..832]));

        Assert.Equal(new byte[16], Vector(thread, "xmm5"));
    }

    private static MinidumpThread Thread(CoreMachine machine, params (string Owner, uint Type, byte[] Note)[] notes)
    {
        var builder = new CoreBuilder(machine);
        builder.AddThread(1, 11, stack: 0, code: 0);
        foreach (var (owner, type, note) in notes)
        {
            builder.AddNote(owner, type, note);
        }

        return Assert.Single(Converted.From(builder.Build()).Dump.Threads);
    }

    private static byte[] Vector(MinidumpThread thread, string name) =>
        thread.Vectors.Single(vector => vector.Name == name).Value.ToArray();
}
