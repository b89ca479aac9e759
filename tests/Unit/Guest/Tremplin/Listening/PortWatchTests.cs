using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.Tremplin.Listening;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Listening;

/// <summary>When the host is told of ports.</summary>
public sealed class PortWatchTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _told = [];
    private IReadOnlyDictionary<string, IReadOnlyList<ushort>> _ports = new Dictionary<string, IReadOnlyList<ushort>>();
    private bool _isHeard = true;
    private int _looks;

    [Fact]
    public async Task A_change_is_told_once()
    {
        await using var watch = Watch();
        await LookAsync(PortWatch.Pause);
        Assert.Empty(_told);

        _ports = new Dictionary<string, IReadOnlyList<ushort>> { ["penguin"] = [80] };
        await LookAsync(PortWatch.Pause);
        await LookAsync(PortWatch.Pause);
        _ports = new Dictionary<string, IReadOnlyList<ushort>>();
        await LookAsync(PortWatch.Pause);

        Assert.Equal(["penguin:80", ""], _told);
    }

    [Fact]
    public async Task What_the_host_has_not_heard_is_told_again_later()
    {
        await using var watch = Watch();
        _isHeard = false;
        _ports = new Dictionary<string, IReadOnlyList<ushort>> { ["penguin"] = [80] };
        await LookAsync(PortWatch.Pause);
        var looks = _looks;
        _clock.Advance(PortWatch.Pause);
        Assert.Equal(looks, _looks);

        _isHeard = true;
        await LookAsync(PortWatch.PauseAfterFailure);

        Assert.Equal(["penguin:80", "penguin:80"], _told);
    }

    private PortWatch Watch()
    {
        var watch = new PortWatch(
            () =>
            {
                _looks++;
                return _ports;
            },
            (ports, _) =>
            {
                _told.Add(string.Join(' ', ports.Select(entry => $"{entry.Key}:{string.Join(',', entry.Value)}")));
                return Task.FromResult(_isHeard);
            },
            _clock,
            NullLogger.Instance);
        watch.Start();
        return watch;
    }

    private async Task LookAsync(TimeSpan after)
    {
        var before = _looks;
        _clock.Advance(after);
        await Waiting.UntilAsync(() => _looks > before);
        await Task.Yield();
    }
}
