using System.Text;
using CsCheck;
using VmTools.Host.Concierge.Vmm.Qmp;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vmm.Qmp;

public sealed class QmpMessageTests
{
    private static readonly string[] Seeds =
    [
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}""",
        """{"return": {"status": "running", "running": true}}""",
        """{"error": {"class": "CommandNotFound", "desc": "The command bogus has not been found"}}""",
        """{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "GUEST_PANICKED", "data": {"action": "poweroff"}}""",
    ];

    [Theory]
    [InlineData(0, (int)QmpMessageKind.Greeting, "")]
    [InlineData(1, (int)QmpMessageKind.Return, "")]
    [InlineData(2, (int)QmpMessageKind.Error, "The command bogus has not been found")]
    [InlineData(3, (int)QmpMessageKind.Event, "GUEST_PANICKED")]
    public void Each_kind_is_known_by_its_key(int seed, int kind, string text)
    {
        Assert.True(QmpMessage.TryParse(Encoding.UTF8.GetBytes(Seeds[seed]), out var message));

        Assert.Equal(((QmpMessageKind)kind, text), (message.Kind, message.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"event\": 5}")]
    [InlineData("{\"return\": ")]
    [InlineData("{\"event\": \"\\ud800\"}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    public void What_is_not_QMP_is_refused(string line) =>
        Assert.False(QmpMessage.TryParse(Encoding.UTF8.GetBytes(line), out _));

    [Theory]
    [InlineData("{\"error\": 5}")]
    [InlineData("{\"error\": {\"desc\": null}}")]
    public void An_error_without_a_description_is_still_an_error(string line)
    {
        Assert.True(QmpMessage.TryParse(Encoding.UTF8.GetBytes(line), out var message));

        Assert.Equal((QmpMessageKind.Error, "no reason given"), (message.Kind, message.Text));
    }

    [Fact]
    public void No_bytes_whatever_make_it_throw() =>
        Gen.Select(Gen.Int[0, Seeds.Length - 1].Select(index => Seeds[index]), Gen.Int[0, 200], Gen.Byte.Array[0, 8])
            .Sample((seed, at, bytes) =>
        {
            var line = Encoding.UTF8.GetBytes(seed);
            bytes.AsSpan(0, Math.Min(bytes.Length, line.Length - Math.Min(at, line.Length)))
                .CopyTo(line.AsSpan(Math.Min(at, line.Length)));
            _ = QmpMessage.TryParse(line, out _);
        });
}
