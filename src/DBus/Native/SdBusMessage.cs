using System.Runtime.InteropServices;

namespace VmTools.DBus.Native;

/// <summary>The sd_bus_message part of sd-bus: building, reading and answering messages. Strings it returns are borrowed.</summary>
internal static unsafe partial class SdBusMessage
{
    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_new_method_call", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int NewMethodCall(
        nint bus, out nint message, string destination, string path, string @interface, string member);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_new_signal", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int NewSignal(nint bus, out nint message, string path, string @interface, string member);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_new_method_return")]
    internal static partial int NewMethodReturn(nint call, out nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_new_method_error")]
    internal static partial int NewMethodError(nint call, out nint message, ErrorView* error);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_set_auto_start")]
    internal static partial int SetAutoStart(nint message, int on);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_ref")]
    internal static partial nint Ref(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_unref")]
    internal static partial nint Unref(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_get_type")]
    internal static partial int GetKind(nint message, out byte type);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_get_sender")]
    internal static partial byte* GetSender(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_get_path")]
    internal static partial byte* GetPath(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_get_interface")]
    internal static partial byte* GetInterface(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_get_member")]
    internal static partial byte* GetMember(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_get_expect_reply")]
    internal static partial int GetExpectReply(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_get_error")]
    internal static partial ErrorView* GetError(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_append_basic")]
    internal static partial int AppendBasic(nint message, byte type, void* value);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_append_array")]
    internal static partial int AppendArray(nint message, byte type, void* bytes, nuint length);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_open_container", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenContainer(nint message, byte type, string contents);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_close_container")]
    internal static partial int CloseContainer(nint message);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_peek_type")]
    internal static partial int PeekType(nint message, out byte type, out byte* contents);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_read_basic")]
    internal static partial int ReadBasic(nint message, byte type, void* value);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_read_array")]
    internal static partial int ReadArray(nint message, byte type, out void* bytes, out nuint length);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_enter_container", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int EnterContainer(nint message, byte type, string contents);

    [LibraryImport(SdBus.Library, EntryPoint = "sd_bus_message_exit_container")]
    internal static partial int ExitContainer(nint message);
}
