// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"carescan/scanner/engine"
)

// progress tells of long work on standard error: a bar on a terminal, plain
// lines otherwise, nothing with --quiet.
func (a *app) progress() func(engine.Progress) {
	if a.quiet {
		return nil
	}
	if file, ok := a.err.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return a.bar()
	}
	return func(p engine.Progress) {
		if a.waits(p) {
			return
		}
		fmt.Fprintf(a.err, "%d/%d %s %s\n", p.Done, p.Total, p.Task.Probe, p.Task.Target.ID)
	}
}

func (a *app) bar() func(engine.Progress) {
	var bar *progressbar.ProgressBar
	return func(p engine.Progress) {
		if a.waits(p) {
			bar = nil // a second pass counts from nothing
			return
		}
		if bar == nil {
			bar = progressbar.NewOptions(p.Total, progressbar.OptionSetWriter(a.err), progressbar.OptionSetWidth(24),
				progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
		}
		bar.Describe(fmt.Sprintf("%-9s %.36s", p.Task.Probe, p.Task.Target.ID))
		_ = bar.Set(p.Done) // drawing a bar must never stop a scan
	}
}

// waits tells a person until when the run waits, and why.
func (a *app) waits(p engine.Progress) bool {
	if p.Until.IsZero() {
		return false
	}
	fmt.Fprintf(a.err, a.say(
		"\nécarts à confirmer : second regard à %s (Ctrl-C rend compte sans attendre, les écarts restant à confirmer)\n",
		"\nfailures to confirm: second look at %s (Ctrl-C reports at once, the failures staying to be confirmed)\n",
	), p.Until.Local().Format(time.TimeOnly))
	return true
}

// spent says what the look cost those who were looked at.
func (a *app) spent(connections map[string]int) {
	if a.quiet || len(connections) == 0 {
		return
	}
	total := 0
	for _, n := range connections {
		total += n
	}
	fmt.Fprintf(a.err, a.say("connexions ouvertes : %d, vers %d adresse(s)\n", "connections opened: %d, to %d address(es)\n"), total, len(connections))
}
