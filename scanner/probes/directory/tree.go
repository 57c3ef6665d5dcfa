// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxKept is the most memory that a tree takes, in bytes: 100 000 accounts, each in
// ten groups.
const maxKept = 64 << 20

// What the parts of a tree cost beside their letters, in bytes, on the machines of
// today: the places of a map and of a list, and what they lead to.
const (
	costName    = 80
	costMember  = 20
	costAccount = 200
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
	names    map[string]string // each key once, for a member is in many groups
	kept     int               // bytes
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
	return &tree{groups: map[string]*group{}, accounts: map[string]*account{}, names: map[string]string{}}
}

// take hands an entry over, unless the most that is read was reached.
func (t *tree) take(o object, each func(object) error) error {
	if t.received >= maxEntries {
		t.cut = true
		return nil
	}
	t.received++
	return each(o)
}

// hold counts memory that is taken, and refuses too much of it.
func (t *tree) hold(bytes int) error {
	if t.kept += bytes; t.kept <= maxKept {
		return nil
	}
	return tooMany(maxKept, fmt.Errorf("the names of groups and people take more than %d MiB: narrow base_dn", maxKept>>20))
}

// weight is the memory that an object takes, in bytes.
func (o object) weight() int {
	total := len(o.dn)
	for _, a := range o.attributes {
		total += len(a.name) + weight(a.values)
	}
	return total
}

func weight(values []string) int {
	total := 0
	for _, v := range values {
		total += len(v) + costMember
	}
	return total
}

// key makes the names of entries comparable, and keeps each once.
func (t *tree) key(dn string) (string, error) {
	k := key(dn)
	if known, ok := t.names[k]; ok {
		return known, nil
	}
	t.names[k] = k
	return k, t.hold(len(k) + costName)
}

func (t *tree) addGroup(o object, members []string) error {
	k, err := t.key(o.dn)
	if err != nil {
		return err
	}
	id, sound := sidOf(o)
	if _, twice := t.groups[k]; twice || o.dn == "" || !sound {
		t.rejected++
		return nil
	}
	if err := t.hold(costAccount + costMember*len(members)); err != nil {
		return err
	}
	g := &group{sid: id, members: make([]string, 0, len(members))}
	for _, m := range members {
		member, err := t.key(m)
		if err != nil {
			return err
		}
		g.members = append(g.members, member)
	}
	t.groups[k] = g
	return nil
}

func (t *tree) addAccount(o object) error {
	k, err := t.key(o.dn)
	if err != nil {
		return err
	}
	id, sound := sidOf(o)
	if _, twice := t.accounts[k]; twice || o.dn == "" || !sound {
		t.rejected++
		return nil
	}
	flags, err := strconv.ParseInt(o.value("userAccountControl"), 10, 64)
	primary, _ := strconv.ParseUint(o.value("primaryGroupID"), 10, 32) // 0 names no group
	a := &account{
		name: cmp.Or(o.value("sAMAccountName"), o.value("uid"), o.dn),
		sid:  id, primary: uint32(primary), flags: flags, known: err == nil,
	}
	a.person = a.isPerson(o)
	t.accounts[k] = a
	return t.hold(costAccount + len(a.name))
}

// isPerson sets apart machines, managed service accounts (a kind of machine),
// trusts, and the built-in accounts nobody uses (section 1.5).
func (a *account) isPerson(o object) bool {
	machine := slices.ContainsFunc(o.values("objectClass"), func(class string) bool {
		return strings.EqualFold(class, "computer")
	})
	category := strings.ToLower(o.value("objectCategory"))
	trust := a.known && a.flags&bitTrust != 0
	builtin := a.sid.domain() && (a.sid.rid() == ridGuest || a.sid.rid() == ridKrbtgt)
	return !machine && !trust && !builtin && (category == "" || strings.HasPrefix(category, "cn=person,"))
}

// enabled: an account whose state cannot be read may be used.
func (a *account) enabled() bool { return !a.known || a.flags&bitDisabled == 0 }

func (a *account) smartcard() bool { return a.known && a.flags&bitSmartcard != 0 }

// sidOf reads the SID of an entry. An absent one is sound: other directories
// than Windows have none.
func sidOf(o object) (id sid, sound bool) {
	raw := o.value("objectSid")
	if raw == "" {
		return sid{}, true
	}
	id, err := parseSID([]byte(raw))
	return id, err == nil
}

// key makes the names of entries comparable.
func key(dn string) string { return strings.ToLower(dn) }
