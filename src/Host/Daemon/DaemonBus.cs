namespace VmTools.Host.Daemon;

/// <summary>Which bus a daemon belongs to that was told none.</summary>
internal static class DaemonBus
{
    /// <summary>The bus that started us, else the user's, else, for root, the system's.</summary>
    public static string Of(Func<string, string?> environment, uint uid) =>
        environment("DBUS_STARTER_ADDRESS") is { Length: > 0 } ? "starter"
        : uid == 0 && environment("DBUS_SESSION_BUS_ADDRESS") is not { Length: > 0 } ? "system"
        : "session";
}
