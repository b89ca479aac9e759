using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>Runs a program for the host. One that cannot be executed is an answer, not an error.</summary>
internal sealed class LaunchProcess(Supervisor supervisor)
{
    public Task<LaunchOutcome> RunAsync(LaunchSpec spec, CancellationToken cancel) =>
        spec.Problem() is { } problem
            ? throw new VmToolsException(ErrorKind.InvalidArgument, problem)
            : supervisor.LaunchAsync(spec, cancel);
}
