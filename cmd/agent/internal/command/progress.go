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
	// silence is after how long without a line one is due outside a terminal. Five seconds
	// are promised: it is looked at once a second, and a busy machine may be late.
	silence = 3500 * time.Millisecond
	// redraw is how often the line of a terminal is drawn again, and silence looked at.
	redraw = time.Second
	// shownLooks is how many of the looks under way are named, shownName what is shown of a
	// name, in characters.
	shownLooks, shownName = 3, 48
)

// follower tells a person how far a run is, on standard error: one line that changes, on
// a terminal; elsewhere a line for each look that ended, and one when nothing was said
// for a while. Whoever does not read holds up what is told, never the run.
type follower struct {
	app   *app
	began time.Time
	width func() int // columns of the terminal; nil elsewhere
	news  chan struct{}
	over  chan struct{}
	gone  sync.WaitGroup

	mu      sync.Mutex
	pending []news // not told yet

	// The rest belongs to the goroutine that tells.
	last  engine.Progress
	said  time.Time    // the last line
	drawn int          // characters of the line to be drawn over
	phase engine.Phase // last announced
}

// news is what a run tells: how far it is, or a sentence about it.
type news struct {
	progress engine.Progress
	sentence string
}

// follow begins to tell of a run, until end.
func (a *app) follow() *follower { return a.followIn(columnsOf(a.err)) }

func (a *app) followIn(width func() int) *follower {
	f := &follower{
		app: a, began: time.Now(), said: time.Now(), width: width, news: make(chan struct{}, 1), over: make(chan struct{}),
	}
	f.gone.Go(f.keepTelling)
	return f
}

// columnsOf tells how wide a terminal is at each moment; it is nil for anything else.
func columnsOf(w io.Writer) func() int {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return func() int {
		columns, _, err := term.GetSize(int(file.Fd()))
		if err != nil {
			return 80
		}
		return columns
	}
}

// keepTelling lets nobody believe that nothing happens.
func (f *follower) keepTelling() {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-f.over:
			f.catchUp()
			f.wipe()
			return
		case <-f.news:
			f.catchUp()
		case <-tick.C:
			f.remind()
		}
	}
}

// tell is told of the progress of a run.
func (f *follower) tell(p engine.Progress) { f.add(news{progress: p}) }

// spent says what the look cost those who were looked at.
func (f *follower) spent(connections map[string]int) {
	if len(connections) == 0 {
		return
	}
	total := 0
	for _, n := range connections {
		total += n
	}
	f.add(news{sentence: fmt.Sprintf(f.app.say("connexions ouvertes : %d, vers %d adresse(s)", "connections opened: %d, to %d address(es)"), total, len(connections))})
}

func (f *follower) add(n news) {
	f.mu.Lock()
	f.pending = append(f.pending, n)
	f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default: // it will see this one too
	}
}

// end tells what is left, and leaves the terminal clean.
func (f *follower) end() {
	close(f.over)
	f.gone.Wait()
}

// catchUp tells all that has come.
func (f *follower) catchUp() {
	f.mu.Lock()
	pending := f.pending
	f.pending = nil
	f.mu.Unlock()
	for _, n := range pending {
		if n.sentence != "" {
			f.line(n.sentence)
			continue
		}
		f.last = n.progress
		if f.width == nil && n.progress.Task != (scanner.Task{}) {
			f.line(f.app.ended(n.progress))
		}
		f.announce(n.progress)
	}
	if f.width != nil {
		f.draw()
	}
}

// remind says what is under way when nothing else is said.
func (f *follower) remind() {
	switch {
	case f.width != nil:
		f.draw()
	case time.Since(f.said) >= silence:
		still := fmt.Sprintf(f.app.say("toujours en cours, depuis %s : ", "still working, for %s: "), lasting(time.Since(f.began)))
		f.line(still + f.app.sofar(f.last, time.Now()))
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
	case engine.PhaseStop:
		return a.say("arrêt demandé : les regards en cours se terminent, et ce qui a été vu est jugé", "asked to stop: the looks under way end, and what was seen is judged")
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
	case engine.PhaseStop, engine.PhaseJudge:
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
