using VmTools.Host;

return await HostPrograms.RunAsync(args);
