// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"carescan/scanner"
	"carescan/scanner/engine"
)

const (
	// silence is how long nothing is said outside a terminal. Five seconds are promised;
	// a machine that is busy may be late.
	silence = 4 * time.Second
	// redraw is how often the line of a terminal is drawn again.
	redraw = time.Second
	// shownLooks is how many of the looks under way are named, shownName what is shown of a
	// name, in characters.
	shownLooks, shownName = 3, 48
)

// follower tells a person how far a run is, on standard error: one line that changes, on
// a terminal; elsewhere a line for each look that ended, and one when nothing was said
// for a while.
type follower struct {
	app   *app
	began time.Time
	width func() int // columns of the terminal; nil elsewhere
	over  chan struct{}
	gone  sync.WaitGroup

	mu    sync.Mutex // guards what follows, and what is written
	last  engine.Progress
	said  time.Time    // the last line
	drawn int          // characters of the line to be drawn over
	phase engine.Phase // last announced
}

// follow begins to tell of a run, until end.
func (a *app) follow() *follower {
	f := &follower{app: a, began: time.Now(), said: time.Now(), over: make(chan struct{})}
	if file, ok := a.err.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		f.width = func() int {
			columns, _, err := term.GetSize(int(file.Fd()))
			if err != nil {
				return 80
			}
			return columns
		}
	}
	f.gone.Go(f.keepTelling)
	return f
}

// keepTelling lets nobody believe that nothing happens.
func (f *follower) keepTelling() {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-f.over:
			return
		case <-tick.C:
			f.mu.Lock()
			switch {
			case f.width != nil:
				f.draw()
			case time.Since(f.said) >= silence:
				f.line(fmt.Sprintf(f.app.say("toujours en cours, depuis %s : ", "still working, for %s: "), lasting(time.Since(f.began))) +
					f.app.sofar(f.last, time.Now()))
			}
			f.mu.Unlock()
		}
	}
}

// tell is told of the progress of a run.
func (f *follower) tell(p engine.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = p
	if f.width == nil && p.Task != (scanner.Task{}) {
		f.line(f.app.ended(p))
	}
	f.announce(p)
	if f.width != nil {
		f.draw()
	}
}

// announce says once that a phase begins. A wait that is short is not worth a line.
func (f *follower) announce(p engine.Progress) {
	if p.Phase == f.phase || p.Phase == engine.PhaseWait && time.Until(p.Until) < silence {
		return
	}
	again := f.phase == engine.PhaseWait && p.Phase == engine.PhaseSecond // one wait among others
	if f.phase = p.Phase; !again {
		f.line(f.app.begun(p))
	}
}

// spent says what the look cost those who were looked at.
func (f *follower) spent(connections map[string]int) {
	if len(connections) == 0 {
		return
	}
	total := 0
	for _, n := range connections {
		total += n
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.line(fmt.Sprintf(f.app.say("connexions ouvertes : %d, vers %d adresse(s)", "connections opened: %d, to %d address(es)"), total, len(connections)))
}

// end stops telling, and leaves the terminal clean.
func (f *follower) end() {
	close(f.over)
	f.gone.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wipe()
}

// line writes a line that stays.
func (f *follower) line(text string) {
	f.wipe()
	fmt.Fprintln(f.app.err, text)
	f.said = time.Now()
}

// draw writes the line of a terminal, with a time that moves, over the last one, within its width: a line that
// wraps could not be drawn over.
func (f *follower) draw() {
	text := shortened(lasting(time.Since(f.began))+" · "+f.app.sofar(f.last, time.Now()), f.width()-1)
	now := utf8.RuneCountInString(text)
	fmt.Fprint(f.app.err, "\r"+text+strings.Repeat(" ", max(0, f.drawn-now)))
	f.drawn = now
}

func (f *follower) wipe() {
	if f.drawn > 0 {
		_, _ = io.WriteString(f.app.err, "\r"+strings.Repeat(" ", f.drawn)+"\r")
		f.drawn = 0
	}
}

// begun announces a phase.
func (a *app) begun(p engine.Progress) string {
	switch p.Phase {
	case engine.PhaseFirst:
		return fmt.Sprintf(a.say("premiers regards : %d à faire", "first looks: %d to make"), p.Total)
	case engine.PhaseSecond:
		return fmt.Sprintf(a.say("seconds regards : les écarts vus sont regardés une seconde fois (%d)", "second looks: failures are looked at a second time (%d)"), p.Doubted)
	case engine.PhaseWait:
		return fmt.Sprintf(a.say(
			"écarts à confirmer : second regard à %s (Ctrl-C rend compte sans attendre, les écarts restant à confirmer)",
			"failures to confirm: second look at %s (Ctrl-C reports at once, the failures staying to be confirmed)",
		), p.Until.Local().Format(time.TimeOnly))
	case engine.PhaseJudge:
	}
	return a.say("jugement de ce qui a été vu", "judging what was seen")
}

// ended tells of the look that ended.
func (a *app) ended(p engine.Progress) string {
	count := fmt.Sprintf("%d/%d", p.Done, p.Total)
	if p.Again {
		count = fmt.Sprintf(a.say("second regard %d/%d :", "second look %d/%d:"), p.Confirmed, p.Doubted)
	}
	if p.Took < time.Second {
		return count + " " + looked(p.Task)
	}
	return fmt.Sprintf("%s %s (%s)", count, looked(p.Task), lasting(p.Took))
}

// sofar is how far a run is, in one line: what counts most comes first.
func (a *app) sofar(p engine.Progress, now time.Time) string {
	switch p.Phase {
	case "":
		return a.say("préparation", "getting ready")
	case engine.PhaseJudge:
		return a.begun(p)
	case engine.PhaseFirst, engine.PhaseSecond, engine.PhaseWait:
	}
	second := fmt.Sprintf(a.say("seconds regards %d/%d", "second looks %d/%d"), p.Confirmed, p.Doubted)
	told := []string{second}
	if p.Phase == engine.PhaseFirst {
		told[0] = fmt.Sprintf(a.say("premiers regards %d/%d", "first looks %d/%d"), p.Done, p.Total)
		if p.Doubted > 0 {
			told = append(told, second)
		}
	}
	if p.Left > 0 {
		told = append(told, fmt.Sprintf(a.say("encore %s environ", "about %s more"), lasting(p.Left)))
	}
	if len(p.Looking) > 0 {
		told = append(told, a.say("en cours : ", "looking at: ")+a.looking(p.Looking))
	}
	if p.Waiting > 0 {
		told = append(told, fmt.Sprintf(a.say("en attente de leur tour : %d", "waiting for their turn: %d"), p.Waiting))
	}
	if wait := p.Until.Sub(now); p.Phase == engine.PhaseWait && wait > time.Second {
		told = append(told, fmt.Sprintf(a.say("le prochain dans %s", "the next one in %s"), lasting(wait)))
	}
	return strings.Join(told, a.say(" ; ", "; "))
}

// looking names a few looks, and counts the others.
func (a *app) looking(tasks []scanner.Task) string {
	var names []string
	for _, task := range tasks[:min(shownLooks, len(tasks))] {
		names = append(names, looked(task))
	}
	list := strings.Join(names, ", ")
	if more := len(tasks) - len(names); more > 0 {
		list += fmt.Sprintf(a.say(" et %d de plus", " and %d more"), more)
	}
	return list
}

// looked is a look in one short, harmless text: the ids of some targets are written by
// hand in files.
func looked(task scanner.Task) string {
	name := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(task.Target.ID, "?"))
	return task.Probe + " " + shortened(name, shownName)
}

// shortened is a text within so many characters.
func shortened(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:max(0, most-1)]) + "…"
}

// lasting is a duration as people say it, the same in both languages.
func lasting(d time.Duration) string {
	d = d.Round(time.Second)
	switch minutes := int(d.Minutes()); {
	case minutes == 0:
		return fmt.Sprintf("%d\u00a0s", int(d.Seconds()))
	case minutes < 10 && int(d.Seconds())%60 > 0:
		return fmt.Sprintf("%d\u00a0min\u00a0%d\u00a0s", minutes, int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d\u00a0min", minutes)
	}
}
