using VmTools.Host;
using VmTools.Linux.Terminals;

StandardFds.MakeValid();
return await HostPrograms.RunAsync(args);
