using System.Buffers.Binary;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Virtio.VhostUser;

/// <summary>
/// Messages that are cut short, too long or bring the wrong fds: refused by acknowledgement, or the front end is dropped.
/// </summary>
public sealed class HostileMessageTests : IDisposable
{
    private readonly FakeFrontEnd _end = new();

    public void Dispose() => _end.Dispose();

    /// <summary>Every message with a payload, and the length it must have.</summary>
    public static TheoryData<VhostRequest, int> Payloads() => new()
    {
        { VhostRequest.SetFeatures, 8 },
        { VhostRequest.SetProtocolFeatures, 8 },
        { VhostRequest.SetMemoryTable, 40 },
        { VhostRequest.SetVringSize, 8 },
        { VhostRequest.SetVringAddress, 40 },
        { VhostRequest.SetVringBase, 8 },
        { VhostRequest.GetVringBase, 8 },
        { VhostRequest.SetVringKick, 8 },
        { VhostRequest.SetVringCall, 8 },
        { VhostRequest.SetVringError, 8 },
        { VhostRequest.SetVringEnable, 8 },
    };

    [Theory]
    [MemberData(nameof(Payloads))]
    public void A_payload_one_byte_short_drops_the_front_end(VhostRequest request, int length)
    {
        _end.Send(request, new byte[length - 1]);

        AssertDropped();
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void An_empty_payload_drops_the_front_end(VhostRequest request, int length)
    {
        Assert.NotEqual(0, length);

        _end.Send(request, []);

        AssertDropped();
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void A_payload_one_byte_long_drops_the_front_end(VhostRequest request, int length)
    {
        // A memory table may have a tail; an empty one of no regions may not be.
        _end.Send(request, new byte[length + 1]);

        AssertDropped();
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void With_acknowledgements_a_bad_payload_is_refused_and_the_front_end_stays(VhostRequest request, int length)
    {
        Assert.NotEqual(0, length);
        _end.Play(["PROTOCOL_FEATURES 8"]);

        _end.Send(request, [], needReply: true);

        Assert.Equal(FakeFrontEnd.Number(1), _end.TakeReply(request));
        Assert.False(_end.IsDropped);
    }

    [Theory]
    [InlineData(4097u)]
    [InlineData(0xFFFF_FFFFu)]
    public void A_payload_beyond_the_limit_drops_the_front_end_before_it_comes(uint length)
    {
        SendHeader(VhostHeader.Ask(VhostRequest.SetOwner, length, needsReply: false));

        AssertDropped();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(5u)]
    public void A_wrong_version_or_a_reply_drops_the_front_end(uint flags)
    {
        SendHeader(new VhostHeader(VhostRequest.SetOwner, flags, 0));

        AssertDropped();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(6u)]
    [InlineData(7u)]
    [InlineData(22u)]
    [InlineData(31u)]
    [InlineData(36u)]
    [InlineData(39u)]
    [InlineData(44u)]
    [InlineData(0xFFFF_FFFFu)]
    public void A_message_that_was_not_offered_drops_the_front_end(uint request)
    {
        _end.Send((VhostRequest)request, new byte[16]);

        AssertDropped();
    }

    [Fact]
    public void A_message_in_single_bytes_is_put_together()
    {
        var bytes = new byte[VhostHeader.Size + 8];
        VhostHeader.Ask(VhostRequest.SetVringBase, 8, needsReply: false).Write(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), 77);

        foreach (var one in bytes)
        {
            _end.SendRaw([one]);
            _end.Turn();
        }

        Assert.Equal(77u, _end.AskBase(0));
    }

    [Fact]
    public void Two_messages_in_one_write_are_both_handled()
    {
        var one = new byte[VhostHeader.Size];
        VhostHeader.Ask(VhostRequest.GetQueueCount, 0, needsReply: false).Write(one);

        _end.SendRaw([.. one, .. one]);
        _end.Turn();

        Assert.NotNull(_end.TakeReply(VhostRequest.GetQueueCount));
        Assert.NotNull(_end.TakeReply(VhostRequest.GetQueueCount));
    }

    [Theory]
    [InlineData(VhostRequest.SetVringSize, 3u, 16u)]
    [InlineData(VhostRequest.SetVringSize, 0u, 0u)]
    [InlineData(VhostRequest.SetVringSize, 0u, 3u)]
    [InlineData(VhostRequest.SetVringSize, 0u, 2048u)]
    [InlineData(VhostRequest.SetVringSize, 0u, 65536u)]
    [InlineData(VhostRequest.SetVringBase, 0xFFFF_FFFFu, 0u)]
    [InlineData(VhostRequest.SetVringBase, 0u, 65536u)]
    [InlineData(VhostRequest.SetVringEnable, 4u, 1u)]
    [InlineData(VhostRequest.SetVringEnable, 0u, 2u)]
    [InlineData(VhostRequest.GetVringBase, 3u, 0u)]
    public void A_ring_or_number_that_cannot_be_drops_the_front_end(VhostRequest request, uint ring, uint value)
    {
        _end.Send(request, FakeFrontEnd.State((int)ring, value));

        AssertDropped();
    }

    [Theory]
    [InlineData(1UL << 34)]
    [InlineData(1UL << 1)]
    [InlineData(ulong.MaxValue)]
    public void Features_that_were_not_offered_drop_the_front_end(ulong features)
    {
        _end.Send(VhostRequest.SetFeatures, FakeFrontEnd.Number(features));

        AssertDropped();
    }

    [Theory]
    [InlineData(1UL << 14)]
    [InlineData(1UL << 63)]
    public void Protocol_features_that_were_not_offered_drop_the_front_end(ulong features)
    {
        _end.Send(VhostRequest.SetProtocolFeatures, FakeFrontEnd.Number(features));

        AssertDropped();
    }

    [Theory]
    [InlineData(0UL, 8, 2, 4)]
    [InlineData(0UL, 0, 1, 4)]
    [InlineData(0UL, 0, 2, 2)]
    public void Misaligned_ring_addresses_drop_the_front_end(ulong page, ulong descriptors, ulong available, ulong used)
    {
        var bytes = new byte[VringAddresses.Size];
        var user = GuestRam.UserBase + page;
        new VringAddresses(0, new(user + descriptors, user + available, user + used)).Write(bytes);

        _end.Send(VhostRequest.SetVringAddress, bytes);

        AssertDropped();
    }

    [Fact]
    public void A_ring_outside_guest_memory_does_not_run_and_says_so()
    {
        _end.Play(["PROTOCOL_FEATURES 8", "FEATURES", "MEMORY", "NUM 0", "BASE 0", "KICK 0"]);
        var bytes = new byte[VringAddresses.Size];
        new VringAddresses(0, new(0x1000, 0x2000, 0x3000)).Write(bytes);
        _end.Send(VhostRequest.SetVringAddress, bytes);

        _end.Send(VhostRequest.SetVringEnable, FakeFrontEnd.State(0, 1), needReply: true);

        Assert.Equal(FakeFrontEnd.Number(1), _end.TakeReply(VhostRequest.SetVringEnable));
        Assert.False(_end.IsDropped);
        Assert.Empty(_end.Device.Events);
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(0u, 257u)]
    [InlineData(0xFFFF_FFFFu, 8u)]
    [InlineData(250u, 8u)]
    public void A_range_outside_the_configuration_space_is_answered_with_nothing(uint offset, uint length)
    {
        byte[] ask = [.. BitConverter.GetBytes(offset), .. BitConverter.GetBytes(length), 0, 0, 0, 0, .. new byte[Math.Min(length, 300)]];

        Assert.Empty(_end.Ask(VhostRequest.GetConfig, ask));
    }

    [Fact]
    public void Configuration_beyond_its_end_reads_as_zero()
    {
        byte[] ask = [4, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, .. new byte[8]];

        Assert.Equal(new byte[8], _end.Ask(VhostRequest.GetConfig, ask)[12..]);
    }

    [Fact]
    public void Writing_the_configuration_fails_without_harm()
    {
        _end.Send(VhostRequest.SetConfig, new byte[20]);

        Assert.Equal(3UL, _end.AskNumber(VhostRequest.GetQueueCount));
    }

    private void SendHeader(VhostHeader header)
    {
        var bytes = new byte[VhostHeader.Size];
        header.Write(bytes);
        _end.SendRaw(bytes);
        _end.Turn();
    }

    private void AssertDropped()
    {
        Assert.True(_end.IsDropped);
        Assert.Equal(["gone"], _end.Device.Events);
    }
}
