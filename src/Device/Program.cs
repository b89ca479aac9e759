using VmTools.Host.CommandLine;
using VmTools.Host.VsockDevice;
using VmTools.Linux.Terminals;

StandardFds.MakeValid();
return await new ProgramFrame("vm_vsock", FailureCode: 1) { IsDaemon = true }.RunAsync(args, VsockDeviceProgram.RunAsync);
