// SPDX-License-Identifier: Apache-2.0

package directory

import "slices"

// walk follows privileged groups through the tree, nested membership included,
// and remembers all it reached.
type walk struct {
	tree      *tree
	byPrimary map[uint32][]string // keys of accounts by RID of their primary group
	reached   map[string]bool     // keys of accounts, people or machines
	lost      map[string]bool     // keys of members that were not read
}

func newWalk(t *tree) walk {
	w := walk{t, map[uint32][]string{}, map[string]bool{}, map[string]bool{}}
	for k, a := range t.accounts {
		if a.primary != 0 {
			w.byPrimary[a.primary] = append(w.byPrimary[a.primary], k)
		}
	}
	return w
}

// follow goes wherever some groups lead, and returns to how many enabled people.
// A group met twice is followed once, so circles end.
func (w walk) follow(groups []string) int {
	people := 0
	met := map[string]bool{}
	for queue := slices.Clone(groups); len(queue) > 0; {
		k := queue[0]
		queue = queue[1:]
		if met[k] {
			continue
		}
		met[k] = true
		if g, isGroup := w.tree.groups[k]; isGroup {
			queue = append(append(queue, g.members...), w.byPrimary[g.primaryRID()]...)
			continue
		}
		people += w.arrive(k)
	}
	return people
}

// arrive notes a member, and returns 1 for an enabled person.
func (w walk) arrive(k string) int {
	a, read := w.tree.accounts[k]
	if !read {
		w.lost[k] = true
		return 0
	}
	w.reached[k] = true
	if a.person && a.enabled() {
		return 1
	}
	return 0
}

// addAdministrator adds the account of RID 500, privileged without a group.
func (w walk) addAdministrator() {
	for k, a := range w.tree.accounts {
		if a.sid.domain() && a.sid.rid() == ridAdministrator {
			w.reached[k] = true
		}
	}
}

// primaryRID is how an account names this group as its primary one, which is
// not written in the members. 0 names none.
func (g *group) primaryRID() uint32 {
	if !g.sid.domain() {
		return 0
	}
	return g.sid.rid()
}
