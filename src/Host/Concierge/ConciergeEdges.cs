using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Linux;

namespace VmTools.Host.Concierge;

/// <summary>What the daemon was given from outside before its parts were put together.</summary>
internal sealed record ConciergeEdges(BusConnection Bus, Reaper Reaper, ILogger Log);
