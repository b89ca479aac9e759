using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Linux.Loop;
using VmTools.Unit.Linux;
using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Memory;
using VmTools.Virtio.Rings;
using VmTools.Virtio.VhostUser;
using VmTools.Virtio.Vsock;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.HostStreams;

namespace VmTools.Unit.Virtio.Vsock.Device;

/// <summary>
/// The real device on real rings, a real loop and real Unix sockets, with a guest beside it on the loop's thread. Tests play
/// host programs from other threads.
/// </summary>
internal sealed class DeviceBench : IDisposable
{
    private static readonly int[] Queues = [0, 1];

    private readonly TemporaryDirectory _directory = new();
    private readonly GuestRam _ram = new(pages: 640);
    private readonly GuestMemory _memory;
    private readonly EventLoop _loop = new(TimeProvider.System);
    private readonly SplitRing[] _rings;

    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly Queue<Action> _asked = new();
    private Exception? _failure;

    public DeviceBench(bool eventIndex = true, bool splitBuffers = false, bool boot = true, int handshake = 5000)
    {
        _memory = _ram.Share();
        Device = new VsockDevice(
            new VsockNameSpace(_directory.Path, (uint)Bench.Guest),
            _loop,
            NullLogger.Instance,
            VirtioFeatures.Offered,
            VsockLimits.Default with { Handshake = handshake });
        _rings = [.. Queues.Select(queue => new SplitRing(new Owner(this, queue), Device.RulesOf(queue)))];
        Guest = new RingGuest(_ram, eventIndex, splitBuffers) { Kick = queue => Device.QueueKicked(queue) };
        if (boot)
        {
            Boot();
        }

        _thread = new Thread(Run) { Name = "device" };
        _thread.Start();
    }

    public VsockDevice Device { get; }

    public RingGuest Guest { get; }

    public string Directory => _directory.Path;

    /// <summary>Turns of the loop that found something to do.</summary>
    public long BusyTurns { get; private set; }

    /// <summary>Runs something on the device's thread and waits for it.</summary>
    public void Do(Action action) => Ask(() => { action(); return 0; });

    public T Ask<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_asked)
        {
            _asked.Enqueue(() => answer.SetResult(question()));
        }

        return answer.Task.Wait(TimeSpan.FromSeconds(30))
            ? answer.Task.Result
            : throw new TimeoutException("The device's thread does not answer.", _failure);
    }

    public void Until(Func<bool> holds, string what)
    {
        for (var waited = 0; !Ask(holds); waited += 5)
        {
            Xunit.Assert.True(waited < 20_000, what);
            Thread.Sleep(5);
        }
    }

    /// <summary>The guest's driver starts on fresh rings.</summary>
    public void Boot()
    {
        Guest.Boot();
        Start(0, 0, resumed: false);
    }

    public (ushort Rx, ushort Tx) Stop()
    {
        foreach (var queue in Queues)
        {
            Device.QueueStopping(queue);
            _rings[queue].Stop();
        }

        return (_rings[0].NextAvailable, _rings[1].NextAvailable);
    }

    public void Start(ushort rx, ushort tx, bool resumed)
    {
        _rings[0].Start(_memory, Guest.Rx.Layout(_memory), rx);
        _rings[1].Start(_memory, Guest.Tx.Layout(_memory), tx);
        foreach (var queue in Queues)
        {
            Device.QueueStarted(queue, _rings[queue], resumed);
            Device.QueueKicked(queue);
        }
    }

    public Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = 30_000,
            SendTimeout = 30_000,
        };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(Directory, $"guest.{Bench.Guest}")));
        return socket;
    }

    /// <summary>A stream to a port of the guest, its OK line read.</summary>
    public Socket Dial(uint port)
    {
        var socket = Connect();
        socket.Send(Encoding.ASCII.GetBytes($"CONNECT {port}\n"));
        Xunit.Assert.StartsWith("OK ", ReadLine(socket));
        return socket;
    }

    /// <summary>Up to the newline, or whatever there was before the end.</summary>
    public static string ReadLine(Socket socket)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (!line.ToString().EndsWith('\n') && socket.Receive(one) == 1)
        {
            line.Append((char)one[0]);
        }

        return line.ToString();
    }

    public Socket Listen(uint port)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(Directory, $"host.{port}")));
        listener.Listen(64);
        return listener;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        Stop();
        Device.Dispose();
        _loop.Dispose();
        _memory.Dispose();
        _ram.Dispose();
        _directory.Dispose();
        _stop.Dispose();
        Xunit.Assert.Null(_failure);
    }

    private void Run()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var guestBusy = Guest.Run();
                BusyTurns += _loop.Turn(guestBusy ? TimeSpan.Zero : TimeSpan.FromMilliseconds(2)) ? 1 : 0;
                lock (_asked)
                {
                    while (_asked.TryDequeue(out var action))
                    {
                        action();
                    }
                }
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            _failure = failure;
        }
    }

    private sealed class Owner(DeviceBench bench, int queue) : IRingOwner
    {
        public void Call()
        {
        }

        public void Broken(string reason) => bench._loop.Post(() => bench.Device.QueueBroken(queue));

        public void BudgetSpent() => bench._loop.Post(() =>
        {
            bench._rings[queue].Refill();
            bench.Device.QueueKicked(queue);
        });
    }
}
