namespace VmTools.Host.VsockDevice;

/// <summary>What <c>vm_vsock --help</c> prints.</summary>
internal static class VsockDeviceHelp
{
    public const string Text =
        """
        The vsock device of one VM, for hosts without vhost-vsock: a VMM attaches it by vhost-user, host programs reach the guest's
        ports through it. vm_concierge starts one with each VM; by hand it serves any VMM that speaks vhost-user.

        Usage:
          vm_vsock --socket=PATH --cid=N --vsock-dir=DIR [options]

        Options:
          --socket=PATH          the socket that the VMM connects to
          --cid=N                the guest's vsock address, from 3 to 4294967294
          --vsock-dir=DIR        the directory of the vsock addresses: the device listens on DIR/guest.N and dials DIR/host.PORT
          --log=FILE             where it logs (default: stderr)
          --console-socket=PATH  where the VMM may connect the guest's console to; goes with --vm-log-dir
          --vm-log-dir=DIR       the directory of the VM's log, which takes the console
          --network-fd=N         an inherited descriptor of Ethernet frames, the peer of the VMM's; goes with --network-socket
          --network-socket=PATH  where the user-mode network listens that takes the frames which may leave the VM
          --without=LIST         leaves out event-idx, indirect or both, to measure or to find a fault
          --help                 this text
          --version              the version

        It says 'ready' on standard output once it can be connected to, and ends with its VMM.
        Exit code: 0 after its VMM has gone or after SIGTERM or SIGINT; 1 when something failed; 2 for a mistake on the command line.

        Example:
          vm_vsock --socket=/run/vm/vsock.sock --cid=3 --vsock-dir=/run/vm/vsock

        """;
}
