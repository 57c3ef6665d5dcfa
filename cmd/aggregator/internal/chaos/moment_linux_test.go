// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"time"

	"golang.org/x/sys/unix"

	"carescan/reports/bundle"
)

// moment is a step of the work at which a round is disturbed.
type moment struct {
	name  string
	needs work // of one agent; empty when any will do
	// signs betray the step, of that agent or of the region; none means that time alone does.
	signs func(w *world, a *agent) []sign
	after time.Duration // the longest time from the sign, or from the beginning
	slow  bool          // the line is starved from the beginning
}

// How the names of files begin that are being written.
const (
	unfinished     = ".writing-" // by an agent
	unfinishedBlob = ".new-"     // by the region
)

// moments are the steps of a bundle, from the look to the receipt.
func moments() []moment {
	return []moment{
		{name: "at any time of a look", needs: looks, after: 180 * time.Millisecond},
		{name: "at any time of a sending", needs: sends, after: 40 * time.Millisecond},
		{name: "while a bundle is sealed", needs: looks, after: time.Millisecond, signs: func(_ *world, a *agent) []sign {
			return []sign{{a.spool("outbox"), unix.IN_CREATE, unfinished}}
		}},
		{name: "once a bundle is sealed", needs: looks, after: 15 * time.Millisecond, signs: func(_ *world, a *agent) []sign {
			return []sign{{a.spool("outbox"), unix.IN_MOVED_TO, bundle.Extension}}
		}},
		{name: "while a body comes", needs: sendsLarge, after: 150 * time.Millisecond, slow: true},
		{name: "while a blob is written", needs: sendsLarge, after: 2 * time.Millisecond, signs: func(w *world, _ *agent) []sign { return w.database.blob(w) }},
		{name: "around a commit", after: 3 * time.Millisecond, signs: func(w *world, _ *agent) []sign { return w.database.commit(w) }},
		{name: "while a receipt is kept", after: 500 * time.Microsecond, signs: func(_ *world, a *agent) []sign {
			return []sign{{a.spool("sent"), unix.IN_CREATE, unfinished}}
		}},
		{name: "once a receipt is kept", after: 500 * time.Microsecond, signs: func(_ *world, a *agent) []sign {
			return []sign{{a.spool("sent"), unix.IN_MOVED_TO, ".receipt.json"}}
		}},
	}
}

// expect prepares to see the moment come; ready waits for it, and tells whether it came
// while somebody was at work.
func (m moment) expect(w *world, tasks []*task) (ready func() bool) {
	w.t.Helper()
	if m.slow {
		w.line.fail(w, agentPort, starved)
	}
	delay := w.draw(m.after)
	if m.signs == nil {
		return func() bool {
			select {
			case <-over(tasks):
			case <-time.After(delay):
			}
			return under(tasks)
		}
	}
	wait := w.watch(m.signs(w, tasks[0].agent))
	return func() bool {
		if !wait(over(tasks)) {
			return false
		}
		pause(delay)
		return under(tasks)
	}
}
