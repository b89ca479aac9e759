using VmTools.DBus;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>What a daemon's refusal on the bus is to its client.</summary>
internal static class DaemonFailure
{
    public static VmToolsException Of(string program, string member, DBusException refused) => refused.Name switch
    {
        BusErrors.AccessDenied => new VmToolsException(
            ErrorKind.PermissionDenied, $"{program} does not take {member} from you: {refused.Message}", refused),
        BusErrors.Disconnected or BusErrors.NoReply or BusErrors.ServiceUnknown or BusErrors.NameHasNoOwner => new VmToolsException(
            ErrorKind.Unavailable, $"{program} went away during {member}. Its log and 'vmc doctor' may say why.", refused),
        BusErrors.LimitsExceeded => new VmToolsException(ErrorKind.ResourceExhausted, refused.Message, refused),
        BusErrors.InvalidArgs => new VmToolsException(ErrorKind.InvalidArgument, refused.Message, refused),
        BusErrors.UnknownMethod => new VmToolsException(
            ErrorKind.Unavailable, $"The {program} that runs does not offer {member}; it may be of another version ('vmc version').",
                refused),
        _ => new VmToolsException(ErrorKind.Internal, refused.Message, refused),
    };
}
