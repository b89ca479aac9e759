using System.Globalization;
using VmTools.Guest.Tremplin.HostDoor;
using VmTools.Guest.Tremplin.Network;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>The configuration of one container as LXC reads it (lxc.container.conf(5)), written anew at each start.</summary>
internal static class LxcConfig
{
    /// <summary>Where a container finds the VM's agent with its loader and libraries.</summary>
    public const string ToolsInContainer = "/opt/google/cros-containers";

    private const string ConsoleLimit = "256kB";

    /// <param name="container">The container.</param>
    /// <param name="paths">Where it lies.</param>
    /// <param name="subnet">Its network.</param>
    /// <param name="seccomp">The file of <see cref="SeccompProfile"/>.</param>
    /// <param name="hasInit">Whether the container's image has a first process of its own.</param>
    public static string Text(
        ContainerRecord container, TremplinPaths paths, ContainerSubnet subnet, string seccomp, bool hasInit = true)
    {
        var ids = string.Create(CultureInfo.InvariantCulture, $"0 {container.Ids.First} {UidRange.Size}");
        return $"""
            lxc.uts.name = {container.Name}
            lxc.rootfs.path = dir:{paths.Root(container.Name)}
            lxc.idmap = u {ids}
            lxc.idmap = g {ids}
            {ContainerInit.Lines(container.Name, hasInit)}
            lxc.apparmor.profile = unconfined
            lxc.seccomp.profile = {seccomp}
            lxc.cap.drop = mac_admin mac_override sys_time sys_module sys_rawio
            lxc.mount.auto = proc:mixed sys:mixed cgroup:rw:force
            lxc.mount.entry = {AgentPaths.Directory} {ToolsInContainer.TrimStart('/')} none bind,ro,create=dir 0 0
            lxc.mount.entry = {paths.Door(container.Name)} {ContainerDoor.DirectoryInContainer.TrimStart('/')} none bind,ro,create=dir 0 0
            lxc.mount.entry = tmpfs dev/shm tmpfs rw,nosuid,nodev,create=dir 0 0
            lxc.sysctl.net.ipv4.ping_group_range = 0 65535
            lxc.autodev = 1
            lxc.tty.max = 0
            lxc.pty.max = 1024
            lxc.console.logfile = {paths.ConsoleLog(container.Name)}
            lxc.console.size = {ConsoleLimit}
            lxc.net.0.type = veth
            lxc.net.0.link = {ContainerNetwork.Bridge}
            lxc.net.0.flags = up
            lxc.net.0.name = eth0
            lxc.net.0.veth.pair = {ContainerCard.VethName(container.Address)}
            lxc.net.0.hwaddr = {ContainerCard.HardwareAddress(container.Address)}
            lxc.net.0.ipv4.address = {container.Address}/{subnet.Prefix}
            lxc.net.0.ipv4.gateway = {subnet.Bridge}

            """;
    }
}
