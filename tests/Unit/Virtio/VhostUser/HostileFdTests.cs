using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Sockets;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Memory;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Virtio.VhostUser;

/// <summary>Fds that do not belong where they come: refused, and always closed.</summary>
[Collection(nameof(FdCounting))]
public sealed class HostileFdTests : IDisposable
{
    private readonly FakeFrontEnd _end = new();

    public void Dispose() => _end.Dispose();

    [Fact]
    public void A_memory_table_without_its_fd_is_refused()
    {
        _end.Send(VhostRequest.SetMemoryTable, _end.MemoryTableOf());

        Assert.True(_end.IsDropped);
    }

    [Fact]
    public void A_memory_table_with_too_many_fds_is_refused_and_all_are_closed()
    {
        var before = FdCounting.Open();

        _end.Play(["PROTOCOL_FEATURES 8"]);
        _end.Send(VhostRequest.SetMemoryTable, _end.MemoryTableOf(), needReply: true, _end.Ram.File, _end.Ram.File);

        Assert.Equal(FakeFrontEnd.Number(1), _end.TakeReply(VhostRequest.SetMemoryTable));
        _end.AskNumber(VhostRequest.GetFeatures);
        FdCounting.AssertNothingBeside(before);
    }

    [Fact]
    public void A_memory_table_of_eight_regions_with_eight_fds_is_taken()
    {
        var regions = Enumerable.Range(0, 8).Select(i => new MemoryRegion(
            GuestRam.GuestBase + (ulong)(i * 8 * GuestRam.PageSize), 8 * GuestRam.PageSize,
            GuestRam.UserBase + (ulong)(i * 8 * GuestRam.PageSize), (ulong)(i * 8 * GuestRam.PageSize))).ToArray();

        _end.Play(["PROTOCOL_FEATURES 8"]);
        _end.Send(VhostRequest.SetMemoryTable, MemoryTable.Write(regions), needReply: true, [.. regions.Select(_ => _end.Ram.File)]);

        Assert.Equal(FakeFrontEnd.Number(0), _end.TakeReply(VhostRequest.SetMemoryTable));
    }

    [Fact]
    public void Nine_fds_with_one_message_drop_the_front_end_and_all_are_closed()
    {
        var before = FdCounting.Open();

        _end.Send(VhostRequest.SetOwner, [], false, [.. Enumerable.Repeat(_end.Ram.File, 9)]);

        Assert.True(_end.IsDropped);
        FdCounting.AssertNothingBeside(before);
    }

    [Fact]
    public void A_pipe_as_memory_is_refused()
    {
        var (reader, writer) = Pipe.Create();
        using (reader)
        using (writer)
        {
            _end.Send(VhostRequest.SetMemoryTable, _end.MemoryTableOf(), false, reader);
        }

        Assert.True(_end.IsDropped);
    }

    [Fact]
    public void A_directory_as_memory_is_refused()
    {
        using var directory = FdHandle.Open("/tmp", OpenFlags.ReadOnly);

        _end.Send(VhostRequest.SetMemoryTable, _end.MemoryTableOf(), false, directory);

        Assert.True(_end.IsDropped);
    }

    [Fact]
    public void A_file_shorter_than_its_region_is_refused_before_it_could_fault()
    {
        var region = _end.Ram.Regions[0] with { Size = (ulong)_end.Ram.Length + GuestRam.PageSize };

        _end.Send(VhostRequest.SetMemoryTable, _end.MemoryTableOf(region), false, _end.Ram.File);

        Assert.True(_end.IsDropped);
    }

    [Theory]
    [InlineData(VhostRequest.SetVringKick)]
    [InlineData(VhostRequest.SetVringCall)]
    [InlineData(VhostRequest.SetVringError)]
    public void A_directory_or_a_file_to_be_notified_by_is_refused(VhostRequest request)
    {
        using var directory = FdHandle.Open("/tmp", OpenFlags.ReadOnly);
        _end.Play(["PROTOCOL_FEATURES 8"]);

        _end.Send(request, FakeFrontEnd.Number(0), needReply: true, directory);
        Assert.Equal(FakeFrontEnd.Number(1), _end.TakeReply(request));
        _end.Send(request, FakeFrontEnd.Number(0), needReply: true, _end.Ram.File);

        Assert.Equal(FakeFrontEnd.Number(1), _end.TakeReply(request));
    }

    [Theory]
    [InlineData(VhostRequest.SetVringKick, 0UL)]
    [InlineData(VhostRequest.SetVringCall, 0UL)]
    [InlineData(VhostRequest.SetVringKick, 0x100UL)]
    [InlineData(VhostRequest.SetBackendRequestFd, 0UL)]
    public void A_missing_fd_is_refused(VhostRequest request, ulong payload)
    {
        _end.Send(request, FakeFrontEnd.Number(payload));

        Assert.True(_end.IsDropped);
    }

    [Fact]
    public void A_call_without_an_fd_means_that_nobody_is_called()
    {
        _end.Play(Sequences.QemuRealize);
        _end.Play(Sequences.QemuStart);
        _end.Send(VhostRequest.SetVringCall, FakeFrontEnd.Number(0x101));

        _end.Transmit();

        Assert.Single(_end.Device.Served);
        Assert.False(_end.IsDropped);
    }

    [Fact]
    public void An_unexpected_fd_is_closed()
    {
        var before = FdCounting.Open();

        _end.Send(VhostRequest.SetOwner, [], false, _end.Ram.File);
        _end.AskNumber(VhostRequest.GetFeatures);

        FdCounting.AssertNothingBeside(before);
    }

    [Fact]
    public void A_kick_fd_that_ends_breaks_its_ring_and_does_not_spin()
    {
        var (ours, theirs) = UnixSocket.Pair();
        _end.Play(Sequences.QemuRealize);
        _end.Play(Sequences.QemuStart);
        using (theirs)
        {
            _end.Send(VhostRequest.SetVringKick, FakeFrontEnd.Number(1), false, theirs);
        }

        ours.Dispose();
        _end.Turn();

        Assert.Equal("broken 1", _end.Device.Events[^1]);
        Assert.False(_end.Loop.Turn(TimeSpan.Zero));
    }

    [Fact]
    public void Every_fd_and_mapping_is_released_when_the_front_end_goes()
    {
        using var ram = new GuestRam();
        var (before, mapped) = (FdCounting.Open(), FdCounting.Mappings("guest-ram"));

        var end = new FakeFrontEnd(ram: ram);
        end.Play(Sequences.UmlConnect);
        end.Play(Sequences.UmlStart);
        end.Play(["MEMORY!", "CALL 0!", "ERR 0!", "KICK 0!"]);
        end.Close();

        Assert.True(end.IsDropped);
        end.DisposeAllButRam();
        FdCounting.AssertNothingBeside(before);
        Assert.Equal(mapped, FdCounting.Mappings("guest-ram"));
    }
}
