using CsCheck;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Virtio.VhostUser;

/// <summary>
/// A hundred thousand messages in random order, most of them sensible: the back end serves, refuses or drops, and never falls.
/// </summary>
[Collection(nameof(FdCounting))]
public sealed class RandomMessageTests
{
    private const int MessagesPerRun = 100;
    private const int Runs = 1000;

    private static readonly string[] Steps =
    [
        "FEATURES", "FEATURES!", "MEMORY", "MEMORY!", "MEMORY72", "OWNER", "BACKEND_FD", "PROTOCOL_FEATURES 229", "PROTOCOL_FEATURES 228",
        "NUM 0", "NUM 1", "NUM 2", "BASE 0", "BASE 1", "BASE 2", "ADDR 0", "ADDR 1", "ADDR 2", "KICK 0", "KICK 1", "KICK 2",
        "CALL 0", "CALL 1", "CALLSOCKET 2", "ERR 0", "ERR 1", "ENABLE 0", "ENABLE 1", "ENABLE 2", "ENABLE 1!", "DISABLE 0", "DISABLE 1",
        "GET_BASE 0", "GET_BASE 1", "GET_BASE 2", "CONFIG", "GET_FEATURES", "INJECT 0", "INJECT 1",
        "TRANSMIT", "TRANSMIT", "RESET", "GARBAGE",
    ];

    [Fact]
    public void Messages_in_any_order_do_no_harm_and_leave_nothing_open()
    {
        var (open, mapped) = (FdCounting.Open(), FdCounting.Mappings("guest-ram"));

        Gen.Select(Gen.Int[0, Steps.Length - 1].Array[MessagesPerRun], Gen.Int[0, 15].Array[MessagesPerRun], Gen.Byte.Array[16])
            .Sample((steps, values, garbage) => Run(steps, values, garbage), iter: Runs, threads: 1);

        FdCounting.AssertNothingBeside(open);
        Assert.Equal(mapped, FdCounting.Mappings("guest-ram"));
    }

    [Fact]
    public void Random_bytes_do_no_harm()
    {
        Gen.Byte.Array[0, 200].Sample(
            bytes =>
            {
                using var end = new FakeFrontEnd();
                end.SendRaw(bytes, end.Ram.File);
                end.Turn();
            },
            iter: 2000, threads: 1);
    }

    private static void Run(int[] steps, int[] values, byte[] garbage)
    {
        using var end = new FakeFrontEnd();
        end.Play(["PROTOCOL_FEATURES 229", "FEATURES"]);
        for (var i = 0; i < steps.Length && !end.IsDropped; i++)
        {
            Step(end, Steps[steps[i]], (uint)values[i], garbage);
        }

        AssertConsistent(end.Device.Events);
    }

    private static void Step(FakeFrontEnd end, string step, uint value, byte[] garbage)
    {
        switch (step)
        {
            case "TRANSMIT":
                end.Transmit();
                break;
            case "RESET":
                Array.ForEach(end.Rings, ring => ring.Reset());
                break;
            case "GARBAGE":
                end.Send((VhostRequest)(value + 1), garbage, needReply: true, value % 2 == 0 ? [end.Ram.File] : []);
                break;
            default:
                end.TryPlay(step, value);
                break;
        }

        end.DropReplies();
    }

    /// <summary>A ring starts only when stopped and stops only when started.</summary>
    private static void AssertConsistent(List<string> events)
    {
        var running = new HashSet<char>();
        foreach (var one in events.Where(
            one => one.Contains(' ', StringComparison.Ordinal) && !one.StartsWith("not", StringComparison.Ordinal)))
        {
            var expected = one.Split(' ')[0] switch
            {
                "started" or "resumed" => running.Add(one[^1]),
                "stopped" => running.Remove(one[^1]),
                _ => running.Contains(one[^1]),
            };
            Assert.True(expected, string.Join(", ", events));
        }
    }
}
