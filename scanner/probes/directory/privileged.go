// SPDX-License-Identifier: Apache-2.0

package directory

// privilegedGroup is a group whose members hold the directory
// (identity-directory-hds.md section 4.2). It is known by its RID, because its
// name changes with the language of the directory.
type privilegedGroup struct {
	rid     uint32
	builtin bool
	name    string
	// always: it exists in every domain, so not seeing it means that it is
	// hidden. The others live in the first domain of a forest only, or came
	// with a later schema.
	always bool
}

func privilegedGroups() []privilegedGroup {
	return []privilegedGroup{
		{512, false, "Domain Admins", true},
		{516, false, "Domain Controllers", true},
		{518, false, "Schema Admins", false},
		{519, false, "Enterprise Admins", false},
		{526, false, "Key Admins", false},
		{527, false, "Enterprise Key Admins", false},
		{544, true, "Administrators", true},
		{548, true, "Account Operators", true},
		{549, true, "Server Operators", true},
		{550, true, "Print Operators", true},
		{551, true, "Backup Operators", true},
	}
}

func (g privilegedGroup) is(s sid) bool {
	return s.rid() == g.rid && (g.builtin && s.builtin() || !g.builtin && s.domain())
}

// The well-known accounts of a domain.
const (
	ridAdministrator = 500 // privileged by itself
	ridGuest         = 501
	ridKrbtgt        = 502 // the key of the domain, nobody
)
