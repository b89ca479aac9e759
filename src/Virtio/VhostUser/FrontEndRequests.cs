using System.Buffers.Binary;
using VmTools.Linux;
using VmTools.Virtio.Memory;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// One method for each request of a front end (vhost-user specification, front-end message types). Nothing is assumed about their order
/// beyond what the rings themselves need: VMMs differ in it.
/// </summary>
internal sealed class FrontEndRequests(IVhostUserDevice device, VringSet vrings, ControlChannel channel)
{
    private NotifyFd? _backendRequests;

    public ProtocolFeatures ProtocolFeatures { get; private set; }

    /// <summary>Why the last request failed.</summary>
    public string Problem { get; private set; } = "";

    private ulong OfferedFeatures => (ulong)(device.Features | VirtioFeatures.VhostProtocolFeatures);

    public Verdict Handle(VhostMessage message) => message.Header.Request switch
    {
        VhostRequest.GetFeatures => Reply(message, OfferedFeatures),
        VhostRequest.SetFeatures => SetFeatures(message),
        VhostRequest.SetOwner => Verdict.Done,
        VhostRequest.ResetOwner => ResetOwner(),
        VhostRequest.SetMemoryTable => SetMemoryTable(message),
        VhostRequest.SetVringSize => WithVring(message, SetSize),
        VhostRequest.SetVringAddress => SetAddresses(message),
        VhostRequest.SetVringBase => WithVring(message, SetBase),
        VhostRequest.GetVringBase => WithVring(message, GetBase),
        VhostRequest.SetVringKick => WithFd(message, SetKick),
        VhostRequest.SetVringCall => WithFd(message, SetCall),
        VhostRequest.SetVringError => WithFd(message, SetError),
        VhostRequest.GetProtocolFeatures => Reply(message, (ulong)ProtocolFeatures.Offered),
        VhostRequest.SetProtocolFeatures => SetProtocolFeatures(message),
        VhostRequest.GetQueueCount => Reply(message, (ulong)vrings.Count),
        VhostRequest.SetVringEnable => WithVring(message, SetEnable),
        VhostRequest.SetBackendRequestFd => SetBackendRequestFd(message),
        VhostRequest.GetConfig => GetConfig(message),
        VhostRequest.SetConfig => Fail("nothing in the configuration is writable"),
        VhostRequest.ResetDevice => ResetDevice(),
        VhostRequest.None or VhostRequest.SetLogBase or VhostRequest.SetLogFd or _ => Refuse("it was not offered"),
    };

    public void Close() => _backendRequests?.Dispose();

    private Verdict Fail(string problem)
    {
        Problem = problem;
        return Verdict.Failed;
    }

    private Verdict Refuse(string problem)
    {
        Problem = problem;
        return Verdict.Refused;
    }

    private Verdict Reply(VhostMessage message, ulong value) => Replied(channel.TryReply(message.Header.Request, value));

    private Verdict Replied(bool taken) => taken ? Verdict.Replied : Refuse("the front end does not take its reply");

    private Verdict SetFeatures(VhostMessage message)
    {
        if (!TryReadNumber(message, out var features) || (features & ~OfferedFeatures) != 0)
        {
            return Refuse("it names features that were not offered");
        }

        vrings.SetFeatures((VirtioFeatures)features);
        return Verdict.Done;
    }

    private Verdict SetProtocolFeatures(VhostMessage message)
    {
        if (!TryReadNumber(message, out var features) || (features & ~(ulong)ProtocolFeatures.Offered) != 0)
        {
            return Refuse("it names protocol features that were not offered");
        }

        ProtocolFeatures = (ProtocolFeatures)features;
        return Verdict.Done;
    }

    /// <summary>
    /// RESET_OWNER is deprecated and read in different ways. Disabling every ring is safe in each, and no ring's position is lost.
    /// </summary>
    private Verdict ResetOwner()
    {
        for (uint i = 0; i < vrings.Count; i++)
        {
            vrings.SetEnabled(vrings[i], false);
        }

        return Verdict.Done;
    }

    private Verdict ResetDevice()
    {
        vrings.Reset();
        return Verdict.Done;
    }

    private Verdict SetMemoryTable(VhostMessage message)
    {
        if (!MemoryTable.TryRead(message.Payload, out var regions))
        {
            return Refuse("its memory table makes no sense");
        }

        if (!GuestMemory.TryMap(regions, message.Fds, out var memory, out var problem))
        {
            return Refuse(problem);
        }

        return vrings.ReplaceMemory(memory) ? Verdict.Done : Fail("a ring is not in the new memory");
    }

    private Verdict SetSize(Vring vring, uint size)
    {
        if (vring.IsActive || size > RingSizeLimit || !Rings.RingLayout.IsValidSize(size))
        {
            return Refuse($"ring {vring.Index} runs or cannot have {size} entries");
        }

        vring.Size = (ushort)size;
        return Settle(vring);
    }

    private Verdict SetAddresses(VhostMessage message)
    {
        if (!VringAddresses.TryRead(message.Payload, out var place) || place.Index >= vrings.Count)
        {
            return Refuse("it names no ring");
        }

        var vring = vrings[place.Index];
        if (!place.Addresses.AreAligned || (vring.IsActive && vring.Addresses != place.Addresses))
        {
            return Refuse($"ring {place.Index} runs elsewhere or would not be aligned");
        }

        vring.Addresses = place.Addresses;
        return Settle(vring);
    }

    private Verdict SetBase(Vring vring, uint position)
    {
        if (vring.IsActive || position > ushort.MaxValue)
        {
            return Refuse($"ring {vring.Index} runs or cannot begin at {position}");
        }

        vring.Base = (ushort)position;
        return Settle(vring);
    }

    private Verdict GetBase(Vring vring, uint ignored)
    {
        vrings.Halt(vring);
        Span<byte> payload = stackalloc byte[VringState.Size];
        new VringState((uint)vring.Index, vring.Base).Write(payload);
        return Replied(channel.TryReply(VhostRequest.GetVringBase, payload));
    }

    private Verdict SetEnable(Vring vring, uint on) => on switch
    {
        0 or 1 => vrings.SetEnabled(vring, on == 1)
            ? Verdict.Done
            : Fail($"ring {vring.Index} is not in guest memory or its kick fd is dead"),
        _ => Refuse($"{on} neither enables nor disables"),
    };

    private Verdict SetKick(Vring vring, FdHandle? fd)
    {
        // Without an fd the ring would have to be polled, and an idle device would never sleep.
        if (fd is null || !vring.TrySetKick(fd))
        {
            return Refuse($"ring {vring.Index} needs an eventfd to be kicked by");
        }

        return Settle(vring);
    }

    private Verdict SetCall(Vring vring, FdHandle? fd) =>
        vring.TrySetCall(fd) ? Verdict.Done : Refuse($"ring {vring.Index} cannot call through this fd");

    private Verdict SetError(Vring vring, FdHandle? fd) =>
        vring.TrySetError(fd) ? Verdict.Done : Refuse($"ring {vring.Index} cannot tell errors through this fd");

    private Verdict Settle(Vring vring) =>
        vrings.Settle(vring) ? Verdict.Done : Fail($"ring {vring.Index} is not in guest memory or its kick fd is dead");

    /// <summary>
    /// The socket for requests to the front end is kept so that the front end sees a live peer; the device asks nothing of it.
    /// </summary>
    private Verdict SetBackendRequestFd(VhostMessage message)
    {
        _backendRequests?.Dispose();
        _backendRequests = message.TakeFd() is { } fd ? NotifyFd.TryFrom(fd) : null;
        return _backendRequests is not null ? Verdict.Done : Refuse("it brings no socket");
    }

    private Verdict GetConfig(VhostMessage message)
    {
        if (!ConfigRange.TryRead(message.Payload, out var range))
        {
            // An empty payload is how a failed GET_CONFIG is answered.
            return Replied(channel.TryReply(VhostRequest.GetConfig, []));
        }

        Span<byte> payload = stackalloc byte[ConfigRange.HeaderSize + (int)range.Length];
        payload.Clear();
        message.Payload[..ConfigRange.HeaderSize].CopyTo(payload);
        var config = device.Config;
        if (range.Offset < config.Length)
        {
            var part = config[(int)range.Offset..];
            part[..Math.Min(part.Length, (int)range.Length)].CopyTo(payload[ConfigRange.HeaderSize..]);
        }

        return Replied(channel.TryReply(VhostRequest.GetConfig, payload));
    }

    private Verdict WithVring(VhostMessage message, Func<Vring, uint, Verdict> act) =>
        VringState.TryRead(message.Payload, out var state) && state.Index < vrings.Count
            ? act(vrings[state.Index], state.Value)
            : Refuse("it names no ring");

    private Verdict WithFd(VhostMessage message, Func<Vring, FdHandle?, Verdict> act)
    {
        if (!VringFd.TryRead(message.Payload, out var which) || which.Index >= vrings.Count || which.HasNoFd != (message.Fds.Count == 0))
        {
            return Refuse("it names no ring or does not bring the fd it announces");
        }

        var fd = message.TakeFd();
        return fd is not null || which.HasNoFd ? act(vrings[which.Index], fd) : Refuse("it brings more than one fd");
    }

    private static bool TryReadNumber(VhostMessage message, out ulong value)
    {
        var isNumber = message.Payload.Length == sizeof(ulong);
        value = isNumber ? BinaryPrimitives.ReadUInt64LittleEndian(message.Payload) : 0;
        return isNumber;
    }

    /// <summary>The limit of the device; the specification's own is higher, but no front end asks for more.</summary>
    private const uint RingSizeLimit = 1024;
}

/// <summary>What became of a request.</summary>
internal enum Verdict
{
    Done,

    /// <summary>The request has a reply of its own, so it is not acknowledged again.</summary>
    Replied,

    /// <summary>The request failed without harm to what runs: the front end is told where it asked for an acknowledgement.</summary>
    Failed,

    /// <summary>
    /// The request failed, and going on would mean working on wrong assumptions: without an acknowledgement the front end is dropped.
    /// </summary>
    Refused,
}
