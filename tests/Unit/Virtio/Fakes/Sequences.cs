namespace VmTools.Unit.Virtio.Fakes;

/// <summary>
/// The orders in which real front ends send their messages. QEMU's and User-Mode Linux's were recorded, crosvm's and
/// cloud-hypervisor's read from their sources. A step is a message, its ring, and "!" where an acknowledgement is asked for.
/// </summary>
internal static class Sequences
{
    public static readonly string[] QemuRealize =
    [
        "GET_FEATURES", "GET_PROTOCOL_FEATURES", "PROTOCOL_FEATURES 229", "GET_QUEUE_NUM", "BACKEND_FD!", "OWNER", "GET_FEATURES",
        "CALL 0", "ERR 0", "CALL 1", "ERR 1", "CONFIG",
    ];

    public static readonly string[] QemuStart =
    [
        "CALL 1", "CALL 0", "FEATURES", "MEMORY!",
        "NUM 0", "BASE 0", "ADDR 0", "INJECT 0", "KICK 0", "NUM 1", "BASE 1", "ADDR 1", "INJECT 1", "KICK 1",
        "ENABLE 0", "ENABLE 1", "CALL 0", "CALL 1",
    ];

    /// <summary>From QEMU 8.2 on the enabling waits for its acknowledgement.</summary>
    public static readonly string[] NewerQemuStart =
    [
        "CALL 1", "CALL 0", "FEATURES", "MEMORY!",
        "NUM 0", "BASE 0", "ADDR 0", "KICK 0", "NUM 1", "BASE 1", "ADDR 1", "KICK 1",
        "ENABLE 0!", "ENABLE 1!", "CALL 0", "CALL 1",
    ];

    public static readonly string[] QemuStop = ["DISABLE 0", "DISABLE 1", "GET_BASE 0", "GET_BASE 1", "CALL 1", "CALL 0"];

    public static readonly string[] NewerQemuStop = ["DISABLE 0!", "DISABLE 1!", "GET_BASE 0", "GET_BASE 1", "CALL 1", "CALL 0"];

    public static readonly string[] UmlConnect =
        ["OWNER", "GET_FEATURES", "GET_PROTOCOL_FEATURES", "PROTOCOL_FEATURES 228!", "BACKEND_FD!"];

    public static readonly string[] UmlStart =
    [
        "FEATURES!", "MEMORY72!",
        "CALLSOCKET 0!", "NUM 0!", "BASE 0!", "ADDR 0!", "CALLSOCKET 1!", "NUM 1!", "BASE 1!", "ADDR 1!",
        "CALLSOCKET 2!", "NUM 2!", "BASE 2!", "ADDR 2!",
        "KICK 0!", "ENABLE 0!", "KICK 1!", "ENABLE 1!", "KICK 2!", "ENABLE 2!", "CONFIG",
    ];

    public static readonly string[] UmlStop = ["DISABLE 2!", "DISABLE 1!", "DISABLE 0!", "GET_FEATURES"];

    public static readonly string[] CrosvmConnect =
        ["OWNER", "GET_FEATURES", "GET_PROTOCOL_FEATURES", "PROTOCOL_FEATURES 229", "BACKEND_FD", "GET_QUEUE_NUM"];

    public static readonly string[] CrosvmStart =
    [
        "FEATURES", "MEMORY",
        "NUM 0", "ADDR 0", "BASE 0", "CALL 0", "KICK 0", "ENABLE 0",
        "NUM 1", "ADDR 1", "BASE 1", "CALL 1", "KICK 1", "ENABLE 1",
        "NUM 2", "ADDR 2", "BASE 2", "CALL 2", "KICK 2", "ENABLE 2",
    ];

    public static readonly string[] CrosvmStop = ["DISABLE 0", "GET_BASE 0", "DISABLE 1", "GET_BASE 1", "DISABLE 2", "GET_BASE 2"];

    public static readonly string[] CloudHypervisorConnect =
        ["OWNER", "GET_FEATURES", "GET_PROTOCOL_FEATURES", "PROTOCOL_FEATURES 229", "GET_QUEUE_NUM"];

    public static readonly string[] CloudHypervisorStart =
    [
        "FEATURES", "MEMORY", "NUM 0", "NUM 1", "NUM 2",
        "ADDR 0", "BASE 0", "CALL 0", "KICK 0", "ADDR 1", "BASE 1", "CALL 1", "KICK 1", "ADDR 2", "BASE 2", "CALL 2", "KICK 2",
        "ENABLE 0", "ENABLE 1", "ENABLE 2", "BACKEND_FD",
    ];
}
