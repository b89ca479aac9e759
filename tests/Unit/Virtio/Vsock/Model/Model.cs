using System.Runtime.CompilerServices;
using VmTools.Unit.Virtio.Vsock.HostStreams;
using VmTools.Unit.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>
/// Runs the bridge against a model of the guest's kernel and of host programs, one random step at a time, and checks after
/// each what must always hold. At the end everything is let run out and nothing may be left or lost.
/// </summary>
internal sealed class Model : IVsockObserver
{
    private const uint FirstGuestPort = 50000;
    private const uint FirstFloodPort = 1_000_000;
    private const uint AbsentPort = 9001;
    private static readonly uint[] Spaces = [128, 4096, 20000, 65536, 256 * 1024, 3 * 1024 * 1024];

    private readonly FakeReceiver _receiver = new() { Buffers = ModelGuest.RingSize };
    private readonly FakePrograms _programs = new();
    private readonly List<ModelStream> _streams = [];
    private readonly List<FakeHost> _flooded = [];
    private readonly ModelGuest _guest;
    private readonly VsockBridge _bridge;
    private readonly VsockLimits _limits;
    private uint _nextFloodPort = FirstFloodPort;
    private long _now = 1;
    private bool _stopped;

    public Model(VsockLimits limits)
    {
        _limits = limits;
        _bridge = new VsockBridge(Bench.Guest, _receiver, _programs, this, () => _now, limits);
        _guest = new ModelGuest(_receiver)
        {
            Accept = key => _streams.Find(stream => stream.Connection?.Key == key && stream.GuestPort % 5 != 0),
        };
        _bridge.Resume();
    }

    public static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }

    public static void Check(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] Broken what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what.Text());
        }
    }

    public void Happened(VsockIncident incident, ConnectionKey key)
    {
        var stream = _streams.FindLast(candidate => candidate.HostPort == key.HostPort && candidate.GuestPort == key.GuestPort);
        if (stream is not null && incident == VsockIncident.DrainTimeout)
        {
            stream.HostExcused ??= "the host read too late";
        }

        var expected = incident is VsockIncident.DrainTimeout or VsockIncident.TableFull or VsockIncident.ResetForgotten
            || stream?.HostExcused is not null;
        Check(expected, $"{incident} on an honest stream {key}");
    }

    public void Step(ModelStep step)
    {
        if (_streams.Count == 0 || step.What is ModelAction.HostOpens or ModelAction.GuestOpens)
        {
            OpenOne(step);
        }
        else
        {
            Act(_streams[step.Which % _streams.Count], step);
        }

        CheckAlways();
    }

    /// <summary>Everybody reads, everything is delivered, then everybody closes and time passes: nothing may remain.</summary>
    public void Finish()
    {
        _stopped = false;
        _bridge.Resume();
        // Idle rounds add up to more than the longest pause between two questions about credit.
        for (var idle = 0; idle < 40; idle = RunRound() ? 0 : idle + 1)
        {
            _now += 50;
        }

        _streams.ForEach(stream => stream.CheckDelivered());
        _streams.ForEach(CloseBothEnds);
        for (var round = 0; round < 200 && _bridge.Table.Count > 0; round++)
        {
            RunRound();
            _now += 1000;
        }

        var table = _bridge.Table;
        Check(table.Count == 0, $"{table.Count} connections are left: {Leftovers.Describe(table, _streams)}");
        Check(table.Ports.Taken == 0 && table.OpenedByGuest == 0, "names are left");
        Check(table.Buffers.Promised == 0 && table.Buffers.Lent == 0, "memory is left");
        Check(_guest.Waiting == 0, $"{_guest.Waiting} packets of the guest were never taken");
        Check(_streams.TrueForAll(stream => stream.Host?.DeviceClosed != false), "a host stream was left open");
        Check(_flooded.TrueForAll(host => host.DeviceClosed), "a host stream of a flood was left open");
        Check(_receiver.Held == 0, "rx buffers were left held");
    }

    private void OpenOne(ModelStep step)
    {
        var stream = new ModelStream(_streams.Count, FirstGuestPort + (uint)_streams.Count, Spaces[step.Amount % Spaces.Length])
        {
            OpenedByHost = step.What != ModelAction.GuestOpens,
        };
        _streams.Add(stream);
        if (step.What == ModelAction.GuestOpens)
        {
            stream.HostPort = step.Which % 8 == 0 ? AbsentPort : 9000;
            _guest.Connect(stream);
            return;
        }

        stream.Host = new FakeHost { SocketSpace = 256 << (step.Which % 8) };
        stream.Connection = _bridge.OpenToGuest(stream.GuestPort, stream.Host);
        stream.HostPort = stream.Connection?.Key.HostPort ?? 0;
        if (stream.Connection is null)
        {
            stream.Host.Close();
        }

        _bridge.Serve(step.Amount % 7);
    }

    private void Act(ModelStream stream, ModelStep step)
    {
        switch (step.What)
        {
            case ModelAction.HostWrites:
                HostWrites(stream, step.Amount);
                break;
            case ModelAction.HostReads:
                HostReads(stream, step.Amount);
                break;
            case ModelAction.HostEnds when stream.Host is { ProgramClosed: false } host:
                host.ProgramEnds();
                stream.HostEnded = true;
                break;
            case ModelAction.HostStopsReading when stream.Host is { ProgramClosed: false } host && stream.Established:
                stream.HostExcused ??= "the host reads no more";
                host.ProgramStopsReading();
                break;
            case ModelAction.HostCloses when stream.Host is { ProgramClosed: false } host:
                stream.HostExcused ??= "the host closed";
                if (!stream.Established)
                {
                    stream.GuestExcused ??= "the host closed too early";
                }

                stream.HostClosed = true;
                host.ProgramCloses();
                break;
            case ModelAction.GuestWrites:
                _guest.Write(stream, step.Amount);
                break;
            case ModelAction.GuestReads:
                _guest.Read(stream, step.Amount);
                break;
            case ModelAction.GuestEnds:
                _guest.Shutdown(stream, ShutdownFlags.Send);
                break;
            case ModelAction.GuestStopsReading:
                _guest.Shutdown(stream, ShutdownFlags.Receive);
                break;
            case ModelAction.GuestCloses:
                _guest.Shutdown(stream, ShutdownFlags.Both);
                break;
            case ModelAction.GuestAborts when step.Amount % 4 == 0:
                _guest.Abort(stream);
                break;
            case ModelAction.GuestLies when step.Amount % 4 == 0 && stream.Open && !stream.GuestGone:
                GuestLies(stream, step.Which);
                break;
            default:
                ActOnDevice(step);
                break;
        }
    }

    private void ActOnDevice(ModelStep step)
    {
        switch (step.What)
        {
            case ModelAction.GuestFloods:
                Flood(step.Which % 2 == 0 ? 9000 : AbsentPort, step.Amount % 128);
                break;
            case ModelAction.GuestSendsPackets:
                _guest.SendPackets(step.Amount % 16);
                break;
            case ModelAction.DeviceTakesPackets when !_stopped:
                TakeTx(step.Amount % 8);
                break;
            case ModelAction.DeviceServes:
                _bridge.Serve(step.Amount % 32);
                break;
            case ModelAction.GuestTakesPackets:
                _guest.TakePackets(step.Amount % 16);
                break;
            case ModelAction.LoopReports:
                Report(_streams[step.Which % _streams.Count]);
                break;
            case ModelAction.TimePasses:
                _now += step.Amount % 3000;
                _bridge.Elapse();
                break;
            case ModelAction.Stops:
                _stopped = true;
                _bridge.Stop();
                break;
            case ModelAction.Resumes:
                _stopped = false;
                _bridge.Resume();
                break;
            case ModelAction.GuestRestarts when step.Amount % 16 == 0:
                _guest.ForgetAll("the guest restarted");
                _bridge.Restart();
                break;
            default:
                break;
        }
    }

    private void GuestLies(ModelStream stream, int how)
    {
        var honest = Bench.Packet(VsockOperation.CreditUpdate, stream.GuestPort, stream.HostPort) with
        {
            BufferAllocated = stream.BufferAllocated,
            ForwardCount = stream.Forwarded,
        };
        var lie = (how % 4) switch
        {
            0 => honest with { ForwardCount = stream.Forwarded + (uint)stream.UnreadBytes + 5_000_000 },
            1 => honest with { Operation = (VsockOperation)(8 + how) },
            2 when stream.OpenedByHost => honest with { Operation = VsockOperation.Request },
            _ => honest with { Operation = VsockOperation.ReadWrite, Length = 300_000 },
        };
        _guest.Send(lie, new byte[lie.Length]);
        _guest.Forget(stream, "the guest lied");
    }

    private void Flood(uint hostPort, int count)
    {
        while (count-- > 0)
        {
            _guest.ConnectAndClose(hostPort, _nextFloodPort++);
        }
    }

    private static void HostWrites(ModelStream stream, int amount)
    {
        if (stream.Host is not { ProgramClosed: false } host || stream.HostEnded)
        {
            return;
        }

        var bytes = new byte[amount];
        for (var i = 0; i < amount; i++)
        {
            bytes[i] = stream.ToGuest(stream.HostWrote + i);
        }

        stream.HostWrote += host.ProgramWrites(bytes);
    }

    private static void HostReads(ModelStream stream, int amount)
    {
        if (stream.Host is not { } host)
        {
            return;
        }

        if (stream.OpenedByHost && !stream.AnswerRead)
        {
            var line = System.Text.Encoding.ASCII.GetString(host.ProgramReads(stream.Answer.Length));
            Check(line.Length == 0 || line == stream.Answer, $"the answer was '{line}'");
            stream.AnswerRead = line.Length > 0;
            return;
        }

        stream.HostProgramReads(host.ProgramReads(amount));
    }

    private void TakeTx(int count)
    {
        while (count-- > 0 && _guest.Tx.TryDequeue(out var packet))
        {
            _bridge.Receive(packet.Header, new BytesPayload(packet.Payload));
            Adopt();
        }
    }

    /// <summary>Finds the host ends that the device dialled for the guest.</summary>
    private void Adopt()
    {
        foreach (var (guestPort, host) in _programs.DialledFor)
        {
            if (guestPort >= FirstFloodPort)
            {
                _flooded.Add(host);
            }
            else
            {
                _streams[(int)(guestPort - FirstGuestPort)].Host ??= host;
            }
        }

        _programs.DialledFor.Clear();
    }

    private void Report(ModelStream stream)
    {
        if (stream.Host is not { DeviceClosed: false, HasEvents: true } host)
        {
            return;
        }

        stream.Connection ??= _bridge.Table.Find(new ConnectionKey(stream.HostPort, stream.GuestPort));
        if (stream.Connection is { } connection && connection.Host == host)
        {
            _bridge.HostReady(connection, host.TakeEvents());
        }
    }

    private bool RunRound()
    {
        var before = Progress();
        foreach (var stream in _streams)
        {
            HostReads(stream, int.MaxValue);
            HostReads(stream, int.MaxValue);
            _guest.Read(stream, int.MaxValue);
            Report(stream);
        }

        _guest.SendPackets(int.MaxValue);
        TakeTx(int.MaxValue);
        _bridge.Elapse();
        _bridge.Serve(int.MaxValue);
        _guest.TakePackets(int.MaxValue);
        CheckAlways();
        return Progress() != before;
    }

    private (long Got, int Waiting, int Count) Progress() =>
        (_streams.Sum(stream => stream.HostGot + stream.GuestGot), _guest.Waiting, _bridge.Table.Count);

    private void CloseBothEnds(ModelStream stream)
    {
        _guest.Shutdown(stream, ShutdownFlags.Both);
        if (stream.Host is { ProgramClosed: false } host)
        {
            host.ProgramCloses();
        }
    }

    private void CheckAlways()
    {
        var table = _bridge.Table;
        Check(table.Buffers.Promised <= _limits.BufferBytes && table.Buffers.Lent <= table.Buffers.Promised, "buffers beyond the limit");
        for (var slot = 0; slot < table.Slots; slot++)
        {
            if (table.At(slot) is not { } connection)
            {
                continue;
            }

            Invariants.Check(connection);
            Check(connection.Deadline >= _bridge.NextDeadline || _stopped, $"{connection.Key}: its deadline would be missed");
        }
    }
}
