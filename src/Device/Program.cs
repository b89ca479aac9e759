using VmTools.Host.VsockDevice;
using VmTools.Linux;

StandardFds.MakeValid();
return await VsockDeviceProgram.RunAsync(args);
