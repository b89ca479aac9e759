using VmTools.Fuzz;
using VmTools.Fuzz.Coverage;

// The assemblies under test must not be loaded yet when they are instrumented.
return args is ["instrument", .. var assemblies] ? Instrumentation.Apply(assemblies) : FuzzProgram.Run(args);
