using VmTools.Host;
using VmTools.Linux;

StandardFds.MakeValid();
return await HostPrograms.RunAsync(args);
