using VmTools.Linux;

namespace VmTools.Guest.Syslog.Input;

/// <summary>A descriptor that records come from.</summary>
internal interface ILogSource
{
    /// <summary>Non-blocking.</summary>
    FdHandle Handle { get; }

    /// <summary>Reads some records into the spool; true where more may wait, so that other sources have their turn between.</summary>
    bool ReadSome();
}
