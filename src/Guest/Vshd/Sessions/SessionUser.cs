using System.Diagnostics.CodeAnalysis;
using VmTools.Linux.Accounts;
using VmTools.Protocol.Vsh;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>Who the program runs as, or the sentence for the host why it cannot.</summary>
internal static class SessionUser
{
    public static bool TryChoose(
        SessionPolicy policy, string target, string user, [NotNullWhen(true)] out UserEntry? entry, out string refusal)
    {
        entry = null;
        refusal = "";
        if (target == VshTarget.Vm || policy.IsInContainer)
        {
            var usual = UsualUser(policy);
            user = user.Length > 0 ? user : usual;
            if (!policy.AllowToSwitchUser && user != usual)
            {
                refusal = $"only {usual} is allowed login on the {policy.Place} shell";
                return false;
            }
        }

        if (!policy.AllowToSwitchUser)
        {
            entry = WithoutLookUp(UsualUser(policy));
            return true;
        }

        return TryFind(user, out entry, out refusal) && TryBecome(entry, out refusal);
    }

    private static string UsualUser(SessionPolicy policy) =>
        policy.DefaultUid is { } id && Users.TryFindById(id, out var first) ? first.Name : policy.DefaultUser;

    /// <summary>The program runs as vshd does, at home in the root directory: no user is looked up.</summary>
    private static UserEntry WithoutLookUp(string name) =>
        new(name, Users.EffectiveId, Users.EffectiveGroupId, Home: "/", Shell: "/bin/sh");

    private static bool TryFind(string user, [NotNullWhen(true)] out UserEntry? entry, out string refusal)
    {
        refusal = "";
        if (user.Length == 0)
        {
            if (Users.TryFindById(Users.EffectiveId, out entry))
            {
                return true;
            }

            refusal = $"could not find uid: {Users.EffectiveId}";
            return false;
        }

        if (Users.TryFindByName(user, out entry))
        {
            return true;
        }

        refusal = $"could not find user: {user}";
        return false;
    }

    private static bool TryBecome(UserEntry entry, out string refusal)
    {
        var possible = Users.EffectiveId == 0 || entry.Uid == Users.EffectiveId;
        refusal = possible ? "" : $"cannot change to user: {entry.Name}";
        return possible;
    }
}
