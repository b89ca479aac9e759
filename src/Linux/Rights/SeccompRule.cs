namespace VmTools.Linux.Rights;

/// <summary>What becomes of one system call where all tests hold.</summary>
public sealed record SeccompRule(string Call, SeccompAction Action, params IReadOnlyList<SeccompTest> Tests);
