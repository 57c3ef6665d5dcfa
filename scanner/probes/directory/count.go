// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxUncovered is the most pseudonyms a fact holds.
const maxUncovered = 100

// count makes the fact of a directory.
func (t *tree) count(source string, p scanner.Pseudonyms) scanner.Sighting {
	f := fact.Directory{Groups: []fact.GroupCount{}}
	f.Enabled, f.Disabled = t.people()
	w := newWalk(t)
	var hidden []string
	for _, wanted := range privilegedGroups() {
		found := t.find(wanted)
		switch {
		case len(found) > 0:
			f.Groups = append(f.Groups, fact.GroupCount{Group: wanted.name, Members: w.follow(found)})
		case wanted.always:
			hidden = append(hidden, fmt.Sprintf("%s (%d)", wanted.name, wanted.rid))
		}
	}
	w.addAdministrator()
	names := w.count(&f, source, p)
	var kept map[string]string
	f.Uncovered, kept = scanner.Shown(names, maxUncovered)
	return scanner.Sighting{Fact: f, Missing: w.missing(hidden, len(f.Groups)), Names: kept}
}

func (t *tree) people() (enabled, disabled int) {
	for _, a := range t.accounts {
		switch {
		case !a.person:
		case a.enabled():
			enabled++
		default:
			disabled++
		}
	}
	return enabled, disabled
}

// find returns the keys of the groups that are a privileged group.
func (t *tree) find(wanted privilegedGroup) []string {
	var found []string
	for k, g := range t.groups {
		if wanted.is(g.sid) {
			found = append(found, k)
		}
	}
	return found
}

// count fills the privileged counts, and returns the accounts without the flag,
// by pseudonym.
func (w walk) count(f *fact.Directory, source string, p scanner.Pseudonyms) map[string]string {
	names := map[string]string{}
	for k := range w.reached {
		a := w.tree.accounts[k]
		if !a.person || !a.enabled() {
			continue
		}
		f.Privileged++
		switch {
		case !a.known:
			f.PrivilegedUnknown++
		case a.smartcard():
			f.PrivilegedEnforced++
		default:
			names[p.Of(source, key(a.name))] = a.name
		}
	}
	return names
}

// missing says what could not be seen: invisible is not absent.
func (w walk) missing(hidden []string, found int) (missing scanner.Causes) {
	lacks := func(c scanner.Cause, detail string) {
		c.Detail = detail
		missing = append(missing, c)
	}
	unseen := scanner.Cause{Code: scanner.CauseHidden}
	switch {
	case found == 0:
		lacks(scanner.Cause{Code: scanner.CauseNoGroups},
			"no privileged group was found: this is not a Windows directory, or its groups are hidden from the account")
	case len(hidden) > 0:
		named := strings.Join(hidden, ", ")
		lacks(unseen.At(named), "groups that exist in every domain are hidden from the account: "+named)
	case !w.anyPerson():
		lacks(scanner.Cause{Code: scanner.CauseNoMembers}, "no person was found in any privileged group: members are probably hidden from the account")
	}
	if n := len(w.lost); n > 0 {
		lacks(unseen.With(scanner.ValueCount, strconv.Itoa(n)),
			fmt.Sprintf("%d members of privileged groups could not be read: they are hidden, or belong to another domain", n))
	}
	if n := w.tree.rejected; n > 0 {
		lacks(scanner.Cause{Code: scanner.CauseRowsRejected}.With(scanner.ValueCount, strconv.Itoa(n)), fmt.Sprintf("%d entries could not be understood", n))
	}
	if w.tree.cut {
		lacks(scanner.Cause{Code: scanner.CauseTooMany}, "the directory was not read to its end")
	}
	return missing
}

func (w walk) anyPerson() bool {
	for k := range w.reached {
		if w.tree.accounts[k].person {
			return true
		}
	}
	return false
}
