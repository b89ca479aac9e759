using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Virtio.Fakes;

/// <summary>Plays the steps of <see cref="Sequences"/> on a fake front end.</summary>
internal static class FrontEndScript
{
    public const ulong AllFeatures = 0x1_7000_0000;

    /// <summary>Plays every step; rings begin at the given positions, 0 where none is given.</summary>
    public static void Play(this FakeFrontEnd end, string[] steps, params uint[] bases)
    {
        foreach (var step in steps)
        {
            Play(end, step, bases);
        }
    }

    /// <summary>Sends a step without expecting it to be taken.</summary>
    public static void TryPlay(this FakeFrontEnd end, string step, uint position)
    {
        var words = step.TrimEnd('!').Split(' ');
        var number = words.Length > 1 ? Convert.ToUInt32(words[1], 16) : 0;
        var ring = (int)Math.Min(number, 2);
        switch (words[0])
        {
            case "GET_FEATURES":
                end.Send(VhostRequest.GetFeatures, []);
                break;
            case "CONFIG":
                end.Send(VhostRequest.GetConfig, new byte[20]);
                break;
            case "GET_BASE":
                end.Send(VhostRequest.GetVringBase, FakeFrontEnd.State(ring, 0));
                break;
            case "INJECT":
                end.Kick(ring);
                break;
            default:
                var message = Message(end, words[0], number, position);
                using (message.Fd)
                {
                    end.Send(message.Request, message.Payload, step.EndsWith('!'), message.Fd is null ? [] : [message.Fd]);
                }

                break;
        }
    }

    private static void Play(FakeFrontEnd end, string step, uint[] bases)
    {
        var acknowledged = step.EndsWith('!');
        var words = step.TrimEnd('!').Split(' ');
        var number = words.Length > 1 ? Convert.ToUInt32(words[1], 16) : 0;
        var ring = (int)Math.Min(number, 2);

        switch (words[0])
        {
            case "GET_FEATURES":
                Assert.Equal(AllFeatures, end.AskNumber(VhostRequest.GetFeatures));
                break;
            case "GET_PROTOCOL_FEATURES":
                Assert.Equal(0x229UL, end.AskNumber(VhostRequest.GetProtocolFeatures));
                break;
            case "GET_QUEUE_NUM":
                Assert.Equal(3UL, end.AskNumber(VhostRequest.GetQueueCount));
                break;
            case "CONFIG":
                byte[] ask = [0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, .. new byte[8]];
                Assert.Equal([.. ask[..12], 43, 0, 0, 0, 0, 0, 0, 0], end.Ask(VhostRequest.GetConfig, ask));
                break;
            case "GET_BASE":
                end.AskBase(ring);
                break;
            case "INJECT":
                end.Kicks[ring].Signal();
                break;
            default:
                Send(end, Message(end, words[0], number, bases.Length > ring ? bases[ring] : 0), acknowledged);
                break;
        }
    }

    private static (VhostRequest Request, byte[] Payload, FdHandle? Fd) Message(FakeFrontEnd end, string name, uint number, uint position)
    {
        var ring = (int)Math.Min(number, 2);
        var index = FakeFrontEnd.Number((ulong)ring);
        return name switch
        {
            "PROTOCOL_FEATURES" => (VhostRequest.SetProtocolFeatures, FakeFrontEnd.Number(number), null),
            "FEATURES" => (VhostRequest.SetFeatures, FakeFrontEnd.Number(AllFeatures), null),
            "OWNER" => (VhostRequest.SetOwner, [], null),
            "BACKEND_FD" => (VhostRequest.SetBackendRequestFd, [], HalfOfAPair()),
            "MEMORY" => (VhostRequest.SetMemoryTable, end.MemoryTableOf(), end.Ram.File.Duplicate()),
            "MEMORY72" => (VhostRequest.SetMemoryTable, [.. end.MemoryTableOf(), .. new byte[32]], end.Ram.File.Duplicate()),
            "NUM" => (VhostRequest.SetVringSize, FakeFrontEnd.State(ring, end.Rings[ring].Size), null),
            "BASE" => (VhostRequest.SetVringBase, FakeFrontEnd.State(ring, position), null),
            "ADDR" => (VhostRequest.SetVringAddress, end.Place(ring), null),
            "CALL" => (VhostRequest.SetVringCall, index, end.Calls[ring].Handle.Duplicate()),
            "CALLSOCKET" => (VhostRequest.SetVringCall, index, HalfOfAPair()),
            "ERR" => (VhostRequest.SetVringError, index, end.Errors[ring].Handle.Duplicate()),
            "KICK" => (VhostRequest.SetVringKick, index, end.Kicks[ring].Handle.Duplicate()),
            "ENABLE" => (VhostRequest.SetVringEnable, FakeFrontEnd.State(ring, 1), null),
            "DISABLE" => (VhostRequest.SetVringEnable, FakeFrontEnd.State(ring, 0), null),
            _ => throw new ArgumentException($"There is no step '{name}'.", nameof(name)),
        };
    }

    private static void Send(FakeFrontEnd end, (VhostRequest Request, byte[] Payload, FdHandle? Fd) message, bool acknowledged)
    {
        using (message.Fd)
        {
            end.Send(message.Request, message.Payload, acknowledged, message.Fd is null ? [] : [message.Fd]);
        }

        var reply = end.TakeReply(message.Request);
        Assert.Equal(acknowledged ? FakeFrontEnd.Number(0) : null, reply);
        Assert.False(end.IsDropped, $"dropped at {message.Request}");
    }

    private static FdHandle HalfOfAPair()
    {
        var (one, other) = UnixSocket.Pair();
        other.Dispose();
        return one;
    }
}
