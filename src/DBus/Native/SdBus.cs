using System.Runtime.InteropServices;

namespace VmTools.DBus.Native;

/// <summary>
/// libsystemd's sd-bus as its man pages describe it (sd-bus(3) and the pages named there). Results below zero are negative
/// error numbers. Nothing here is thread safe: only the thread that owns the bus calls it.
/// </summary>
internal static unsafe partial class SdBus
{
    internal const string Library = "libsystemd.so.0";

    internal const byte MethodErrorType = 3;
    internal const ulong NoTimeout = ulong.MaxValue;

    /// <summary>SD_BUS_CREDS_EUID.</summary>
    internal const ulong CredentialEffectiveUid = 1UL << 4;

    [LibraryImport(Library, EntryPoint = "sd_bus_new")]
    internal static partial int New(out nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_set_address", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetAddress(nint bus, string address);

    [LibraryImport(Library, EntryPoint = "sd_bus_set_bus_client")]
    internal static partial int SetBusClient(nint bus, int on);

    [LibraryImport(Library, EntryPoint = "sd_bus_negotiate_fds")]
    internal static partial int NegotiateFds(nint bus, int on);

    [LibraryImport(Library, EntryPoint = "sd_bus_start")]
    internal static partial int Start(nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_is_ready")]
    internal static partial int IsReady(nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_unique_name")]
    internal static partial int GetUniqueName(nint bus, out byte* name);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_fd")]
    internal static partial int GetFd(nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_events")]
    internal static partial int GetEvents(nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_timeout")]
    internal static partial int GetTimeout(nint bus, out ulong monotonicMicroseconds);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_n_queued_write")]
    internal static partial int GetQueuedWrites(nint bus, out ulong count);

    [LibraryImport(Library, EntryPoint = "sd_bus_process")]
    internal static partial int Process(nint bus, nint* message);

    [LibraryImport(Library, EntryPoint = "sd_bus_close_unref")]
    internal static partial nint CloseUnref(nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_send")]
    internal static partial int Send(nint bus, nint message, nint cookie);

    [LibraryImport(Library, EntryPoint = "sd_bus_call_async")]
    internal static partial int CallAsync(
        nint bus, out nint slot, nint message, delegate* unmanaged<nint, nint, nint, int> callback, nint user, ulong microseconds);

    [LibraryImport(Library, EntryPoint = "sd_bus_add_match_async", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int AddMatchAsync(
        nint bus, out nint slot, string match, delegate* unmanaged<nint, nint, nint, int> callback,
        delegate* unmanaged<nint, nint, nint, int> installed, nint user);

    [LibraryImport(Library, EntryPoint = "sd_bus_add_object_vtable", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int AddObjectVtable(
        nint bus, out nint slot, string path, string @interface, nint vtable, nint user);

    [LibraryImport(Library, EntryPoint = "sd_bus_slot_unref")]
    internal static partial nint SlotUnref(nint slot);

    [LibraryImport(Library, EntryPoint = "sd_bus_query_sender_creds")]
    internal static partial int QuerySenderCredentials(nint message, ulong mask, out nint credentials);

    [LibraryImport(Library, EntryPoint = "sd_bus_creds_get_euid")]
    internal static partial int CredentialsGetEffectiveUid(nint credentials, out uint uid);

    [LibraryImport(Library, EntryPoint = "sd_bus_creds_unref")]
    internal static partial nint CredentialsUnref(nint credentials);

    [LibraryImport(Library, EntryPoint = "sd_bus_object_path_is_valid", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ObjectPathIsValid(string path);

    [LibraryImport(Library, EntryPoint = "sd_bus_service_name_is_valid", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ServiceNameIsValid(string name);
}
