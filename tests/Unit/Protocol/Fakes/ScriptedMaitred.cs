using Grpc.Core;
using VmTools.Protocol.Messages;

namespace VmTools.Unit.Protocol.Fakes;

/// <summary>A service whose Mount does what the test says; the other methods are not there.</summary>
internal sealed class ScriptedMaitred(Func<MountRequest, ServerCallContext, Task<MountResponse>> mount) : Maitred.MaitredBase
{
    public override Task<MountResponse> Mount(MountRequest request, ServerCallContext context) => mount(request, context);
}
