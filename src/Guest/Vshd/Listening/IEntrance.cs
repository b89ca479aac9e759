using VmTools.Linux;

namespace VmTools.Guest.Vshd.Listening;

/// <summary>How connections of the host come to a shell server, and who else is turned away. Loop thread only.</summary>
internal interface IEntrance
{
    /// <summary>Takes one connection that waits at the listener, begins a session for it or closes it; EAGAIN where none waits.</summary>
    Errno TryAdmit(FdHandle listener);

    /// <summary>Complete when nothing that has been taken is still without a session.</summary>
    Task StopAsync();
}
