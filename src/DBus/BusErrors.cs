namespace VmTools.DBus;

/// <summary>The error names of the D-Bus specification that the programs give or look for.</summary>
public static class BusErrors
{
    public const string Failed = "org.freedesktop.DBus.Error.Failed";
    public const string InvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs";
    public const string AccessDenied = "org.freedesktop.DBus.Error.AccessDenied";
    public const string LimitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded";
    public const string NoReply = "org.freedesktop.DBus.Error.NoReply";
    public const string NoServer = "org.freedesktop.DBus.Error.NoServer";
    public const string Disconnected = "org.freedesktop.DBus.Error.Disconnected";
    public const string ServiceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown";
    public const string NameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner";
    public const string UnknownMethod = "org.freedesktop.DBus.Error.UnknownMethod";
    public const string UnknownInterface = "org.freedesktop.DBus.Error.UnknownInterface";
    public const string UnknownObject = "org.freedesktop.DBus.Error.UnknownObject";
    public const string UnknownProperty = "org.freedesktop.DBus.Error.UnknownProperty";
    public const string InconsistentMessage = "org.freedesktop.DBus.Error.InconsistentMessage";
}
