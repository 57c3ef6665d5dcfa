// SPDX-License-Identifier: Apache-2.0

package chaos

import "time"

// moment is a step of the work at which a round is disturbed.
type moment struct {
	name  string
	needs work // of one agent; empty when any will do
	// step halts whoever comes to it, sign betrays what cannot be halted; without
	// either, time alone decides.
	step  func(w *world, a *agent) step
	sign  func(w *world) sign
	after time.Duration // the longest time from there, or from the beginning; a halted program waits for none
	slow  bool          // the line is starved from the beginning
}

// How the names of files begin that are being written.
const (
	unfinished     = ".writing-" // by an agent
	unfinishedBlob = ".new-"     // by the region
)

// moments are the steps of a bundle, from the look to the receipt.
func (w *world) moments() []moment {
	outbox := func(begun string) func(*world, *agent) step {
		return func(_ *world, a *agent) step { return step{a.spool("outbox"), begun} }
	}
	sent := func(begun string) func(*world, *agent) step {
		return func(_ *world, a *agent) step { return step{a.spool("sent"), begun} }
	}
	return append([]moment{
		{name: "at any time of a look", needs: looks, after: 180 * time.Millisecond},
		{name: "at any time of a sending", needs: sends, after: 40 * time.Millisecond},
		{name: "as a bundle is begun", needs: looks, step: outbox(unfinished)},
		{name: "as a bundle is kept", needs: looks, step: outbox("")},
		{name: "once a bundle is kept", needs: looks, step: outbox(""), after: 15 * time.Millisecond},
		{name: "while a body comes", needs: sendsLarge, after: 150 * time.Millisecond, slow: true},
		{name: "around a commit", after: 3 * time.Millisecond, sign: func(w *world) sign { return w.database.commit(w) }},
		{name: "as a receipt is begun", needs: sends, step: sent(unfinished)},
		{name: "as a receipt is kept", needs: sends, step: sent("")},
	}, w.database.moments()...)
}

// expect prepares to see the moment come; ready waits for it, and tells whether it came
// while somebody was at work. Whoever is halted goes on at release.
func (m moment) expect(w *world, tasks []*task) (ready func() bool, release func()) {
	w.t.Helper()
	if m.slow {
		w.line.fail(w, agentPort, starved)
	}
	release = func() {}
	wait := func(<-chan struct{}) bool { return true }
	switch {
	case m.step != nil:
		wait, release = w.halt(m.step(w, tasks[0].agent))
	case m.sign != nil:
		wait = w.watch(m.sign(w))
	}
	delay := time.Duration(0)
	if m.after > 0 {
		delay = w.draw(m.after)
	}
	return func() bool {
		done := over(tasks)
		if !wait(done) {
			return false
		}
		if delay > 0 {
			release()
			select {
			case <-done:
			case <-time.After(delay):
			}
		}
		return under(tasks)
	}, release
}
