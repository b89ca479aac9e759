using VmTools.Guest.Maitred.Supervision;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Verbs;

/// <summary>Runs a program for the host. One that cannot be executed is an answer, not an error.</summary>
internal sealed class LaunchProcess(Supervisor supervisor)
{
    public Task<LaunchOutcome> RunAsync(LaunchOrder order, CancellationToken cancel) =>
        order.Problem() is { } problem
            ? throw new VmToolsException(ErrorKind.InvalidArgument, problem)
            : supervisor.LaunchAsync(order, cancel);
}
