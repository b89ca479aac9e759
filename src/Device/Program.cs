using VmTools.Host.VsockDevice;

return await VsockDeviceProgram.RunAsync(args);
