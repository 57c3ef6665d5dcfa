// SPDX-License-Identifier: Apache-2.0

package scannertest

import "slices"

// group is a group and the names of its members.
type group struct {
	dn, name string
	sid      string
	members  []string
}

// directoryGroups lists every group: those of the hospital, and those that every
// domain has.
func directoryGroups(accounts []account) []group {
	people := func(name string, rid uint32, members []account) group {
		return newGroup(name, "OU=Groupes", domainSID(rid), names(members)...)
	}
	groups := []group{
		people("GG-Medecins", ridFirstGroup, accounts[:physicians]),
		people("GG-Infirmiers", ridFirstGroup+1, accounts[physicians:physicians+nurses]),
	}
	return append(append(groups, administratorGroups(accounts[staffSize:])...), emptyGroups()...)
}

// administratorGroups nests the groups as sites do: the operators' group is
// inside the domain administrators, themselves inside the built-in ones.
func administratorGroups(admins []account) []group {
	operators := newGroup("GG-Exploitation-T0", "OU=Groupes", domainSID(ridFirstGroup+2), names(admins[5:7])...)
	inside := append(names(admins[:4]), operators.dn, admins[8].dn)
	domain := newGroup("Admins du domaine", "CN=Users", domainSID(ridDomainAdmins), inside...)
	enterprise := newGroup("Administrateurs de l'entreprise", "CN=Users", domainSID(ridEnterpriseAdmins), names(admins[4:5])...)
	builtin := newGroup("Administrateurs", "CN=Builtin", builtinSID(ridBuiltinAdmins), domain.dn, enterprise.dn)
	return []group{operators, domain, enterprise, builtin}
}

// emptyGroups are the groups of every domain that have no member here, or only
// by primary group.
func emptyGroups() []group {
	return []group{
		newGroup("Utilisateurs du domaine", "CN=Users", domainSID(ridDomainUsers)),
		newGroup("Contrôleurs de domaine", "CN=Users", domainSID(ridControllers)),
		newGroup("Administrateurs du schéma", "CN=Users", domainSID(518)),
		newGroup("Administrateurs clés", "CN=Users", domainSID(526)),
		newGroup("Administrateurs clés Enterprise", "CN=Users", domainSID(527)),
		newGroup("Opérateurs de compte", "CN=Builtin", builtinSID(548)),
		newGroup("Opérateurs de serveur", "CN=Builtin", builtinSID(549)),
		newGroup("Opérateurs d'impression", "CN=Builtin", builtinSID(550)),
		newGroup("Opérateurs de sauvegarde", "CN=Builtin", builtinSID(551)),
	}
}

func newGroup(name, container, sid string, members ...string) group {
	return group{"CN=" + name + "," + container + "," + baseDN, name, sid, members}
}

func names(accounts []account) []string {
	var list []string
	for _, a := range accounts {
		list = append(list, a.dn)
	}
	return list
}

// memberOf lists the groups a name is directly in; Active Directory leaves the
// primary group out.
func memberOf(dn string, groups []group) []string {
	var list []string
	for _, g := range groups {
		if slices.Contains(g.members, dn) {
			list = append(list, g.dn)
		}
	}
	return list
}

func (g group) entry(groups []group) entry {
	return entry{g.dn, []attribute{
		{"objectClass", []string{"top", "group"}},
		{"objectCategory", []string{"CN=Group," + schemaDN}},
		{"cn", []string{g.name}},
		{"sAMAccountName", []string{g.name}},
		{"objectSid", []string{g.sid}},
		{"member", g.members},
		{"memberOf", memberOf(g.dn, groups)},
	}}
}
