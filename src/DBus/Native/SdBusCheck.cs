using VmTools.Linux;

namespace VmTools.DBus.Native;

/// <summary>The one place where a negative sd-bus result becomes an exception.</summary>
internal static class SdBusCheck
{
    /// <exception cref="DBusException">The result is a negative error number.</exception>
    internal static int Result(int result, string what) => result >= 0 ? result : throw Error(result, what);

    internal static DBusException Error(int result, string what) =>
        new(BusErrors.Failed, $"D-Bus could not {what}: {(Errno)(-result)}.", new LinuxException((Errno)(-result), what));
}
