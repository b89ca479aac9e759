using VmTools.Guest;

return await GuestPrograms.RunAsync(args);
