using Microsoft.Extensions.Logging;

namespace VmTools.Guest.Tremplin.Containers;

/// <summary>What is logged of a container.</summary>
internal sealed partial class Container
{
    [LoggerMessage(1841, LogLevel.Information, "container {Name} is made")]
    private partial void LogMade(ContainerName name);

    [LoggerMessage(1842, LogLevel.Error, "container {Name} is not made: {Reason}")]
    private partial void LogNotMade(ContainerName name, string reason);

    [LoggerMessage(1843, LogLevel.Information, "container {Name} runs")]
    private partial void LogRuns(ContainerName name);

    [LoggerMessage(1844, LogLevel.Information, "container {Name} ran already and is taken over")]
    private partial void LogTakenOver(ContainerName name);

    [LoggerMessage(1845, LogLevel.Error, "container {Name} could not be started: {Reason}")]
    private partial void LogNotStarted(ContainerName name, string reason);

    [LoggerMessage(1846, LogLevel.Information, "container {Name} has ended")]
    private partial void LogEnded(ContainerName name);

    [LoggerMessage(1847, LogLevel.Error, "of container {Name} something is left after its end: {Reason}")]
    private partial void LogNotCleared(ContainerName name, string reason);

    [LoggerMessage(1848, LogLevel.Information, "container {Name} is deleted")]
    private partial void LogDeleted(ContainerName name);

    [LoggerMessage(1849, LogLevel.Error, "container {Name} is not deleted, or not all of it: {Reason}")]
    private partial void LogNotDeleted(ContainerName name, string reason);

    [LoggerMessage(1850, LogLevel.Error, "the record of container {Name} could not be written: {Reason}")]
    private partial void LogNotKept(ContainerName name, string reason);
}
