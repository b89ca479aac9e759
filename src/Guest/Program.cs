using VmTools.Guest;
using VmTools.Linux.Terminals;

if (Environment.ProcessId != 1)
{
    // The first process has no /dev yet; it does the same once it has.
    StandardFds.MakeValid();
}

return await GuestPrograms.RunAsync(args);
