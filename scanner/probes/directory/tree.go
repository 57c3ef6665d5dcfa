// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// The bits of userAccountControl that are read (MS-ADTS section 2.2.16).
const (
	bitDisabled  = 0x2
	bitTrust     = 0x800 // a trust between domains, nobody
	bitSmartcard = 0x40000
)

// tree is what was read of a directory, by name of entry as key compares them.
type tree struct {
	groups   map[string]*group
	accounts map[string]*account
	received int
	rejected int  // entries without a name, twice, or with a broken SID
	cut      bool // the last entry was not reached
}

// group is one group and its direct members.
type group struct {
	sid     sid
	members []string // keys
}

// account is one account of a person or of a machine.
type account struct {
	name    string // for the people on site only
	person  bool
	sid     sid
	primary uint32 // RID of its primary group, 0 when unknown
	flags   int64
	known   bool // the flags could be read
}

func newTree() *tree {
	return &tree{groups: map[string]*group{}, accounts: map[string]*account{}}
}

// take hands entries over, and stops at the most that is kept.
func (t *tree) take(entries []*ldap.Entry, each func(*ldap.Entry) error) error {
	for _, e := range entries {
		if t.received >= maxEntries {
			t.cut = true
			return nil
		}
		t.received++
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) addGroup(e *ldap.Entry, members []string) {
	id, sound := sidOf(e)
	if _, twice := t.groups[key(e.DN)]; twice || e.DN == "" || !sound {
		t.rejected++
		return
	}
	g := &group{sid: id, members: make([]string, 0, len(members))}
	for _, m := range members {
		g.members = append(g.members, key(m))
	}
	t.groups[key(e.DN)] = g
}

func (t *tree) addAccount(e *ldap.Entry) {
	id, sound := sidOf(e)
	if _, twice := t.accounts[key(e.DN)]; twice || e.DN == "" || !sound {
		t.rejected++
		return
	}
	flags, err := strconv.ParseInt(value(e, "userAccountControl"), 10, 64)
	primary, _ := strconv.ParseUint(value(e, "primaryGroupID"), 10, 32) // 0 names no group
	a := &account{
		name: cmp.Or(value(e, "sAMAccountName"), value(e, "uid"), e.DN),
		sid:  id, primary: uint32(primary), flags: flags, known: err == nil,
	}
	a.person = a.isPerson(e)
	t.accounts[key(e.DN)] = a
}

// isPerson sets apart machines, managed service accounts (a kind of machine),
// trusts, and the built-in accounts nobody uses (section 1.5).
func (a *account) isPerson(e *ldap.Entry) bool {
	machine := slices.ContainsFunc(e.GetEqualFoldAttributeValues("objectClass"), func(class string) bool {
		return strings.EqualFold(class, "computer")
	})
	category := strings.ToLower(value(e, "objectCategory"))
	trust := a.known && a.flags&bitTrust != 0
	builtin := a.sid.domain() && (a.sid.rid() == ridGuest || a.sid.rid() == ridKrbtgt)
	return !machine && !trust && !builtin && (category == "" || strings.HasPrefix(category, "cn=person,"))
}

// enabled: an account whose state cannot be read may be used.
func (a *account) enabled() bool { return !a.known || a.flags&bitDisabled == 0 }

func (a *account) smartcard() bool { return a.known && a.flags&bitSmartcard != 0 }

// sidOf reads the SID of an entry. An absent one is sound: other directories
// than Windows have none.
func sidOf(e *ldap.Entry) (id sid, sound bool) {
	raw := e.GetEqualFoldRawAttributeValue("objectSid")
	if len(raw) == 0 {
		return sid{}, true
	}
	id, err := parseSID(raw)
	return id, err == nil
}

func value(e *ldap.Entry, attribute string) string { return e.GetEqualFoldAttributeValue(attribute) }

// key makes the names of entries comparable.
func key(dn string) string { return strings.ToLower(dn) }
