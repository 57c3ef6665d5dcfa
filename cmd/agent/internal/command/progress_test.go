// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/engine"
)

// listener is a person who waits: it notes the longest silence.
type listener struct {
	mu      sync.Mutex
	heard   bytes.Buffer
	last    time.Time
	longest time.Duration
}

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.longest = max(l.longest, time.Since(l.last))
	l.last = time.Now()
	return l.heard.Write(p)
}

// sleeper is a probe that takes its time at each target and finds its door open.
type sleeper struct{ of map[string]time.Duration }

type open struct{ Open bool }

func (open) FactKind() string { return "door" }

func (sleeper) Name() string                   { return "portes" }
func (sleeper) TargetKind() scanner.TargetKind { return scanner.KindApplication }
func (sleeper) Facts() []string                { return []string{"door"} }
func (sleeper) Needs() scanner.Needs           { return scanner.Needs{} }

func (s sleeper) Observe(ctx context.Context, _ scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	select {
	case <-time.After(s.of[t.ID]):
		return []scanner.Sighting{{Fact: open{}}}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// before is what comes before a run: getting ready takes time too. It is no whole number
// of seconds, so that no look ends at the moment something is said.
const before = 3500 * time.Millisecond

// followed runs a plan of three applications, of which all doors are open, in virtual
// time, and gives what a person was told.
func followed(t *testing.T, lang string, columns int) *listener {
	t.Helper()
	heard := &listener{last: time.Now()}
	a := &app{err: heard, lang: cli.LanguageOf([]string{"--lang", lang})}
	var width func() int
	if columns > 0 {
		width = func() int { return columns }
	}
	f := a.followIn(width)
	probe := sleeper{map[string]time.Duration{"dpi": 30 * time.Second, "imagerie\x1b[2J": 90 * time.Second, "paie": 4 * time.Minute}}
	plan := scanner.Plan{Checks: []scanner.PlannedCheck{{Check: scanner.Check{
		ID: "exposure.door", Severity: scanner.High, Confirm: scanner.ConfirmLater,
		Judge: scanner.Each(struct{}{}, func(scanner.Case[struct{}], open) scanner.Verdict { return scanner.Failed("open", nil) }),
	}}}}
	for _, id := range []string{"dpi", "imagerie\x1b[2J", "paie"} {
		plan.Tasks = append(plan.Tasks, scanner.Task{Probe: "portes", Target: scanner.Target{Kind: scanner.KindApplication, ID: id}})
	}
	e := engine.Engine{Probes: []scanner.Probe{probe}, Timeout: time.Hour, Progress: f.tell}
	pass(t.Context(), before)
	e.Run(t.Context(), plan)
	f.spent(map[string]int{"192.0.2.1": 12})
	f.end()
	return heard
}

// TestFollower_isNeverSilent follows a run of fourteen minutes, with a wait of six.
func TestFollower_isNeverSilent(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, columns := range []int{0, 80, 20} {
			t.Run(fmt.Sprintf("%s-%d", lang, columns), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					heard := followed(t, lang, columns)
					if heard.longest > 5*time.Second {
						t.Errorf("nothing was said for %s", heard.longest)
					}
					said := heard.heard.String()
					for _, r := range said {
						if !unicode.IsPrint(r) && r != '\n' && r != '\u00a0' && (r != '\r' || columns == 0) {
							t.Fatalf("%q is written to the terminal", r)
						}
					}
					if lines := strings.Count(said, "\n"); lines > 14*60/4+20 {
						t.Errorf("%d lines for fourteen minutes", lines)
					}
					if columns == 0 {
						return
					}
					for drawn := range strings.SplitSeq(said, "\r") {
						if n := utf8.RuneCountInString(strings.TrimRight(drawn, " \n")); n >= columns && !strings.Contains(drawn, "\n") {
							t.Fatalf("%q is wider than %d columns", drawn, columns)
						}
					}
				})
			})
		}
	}
}

// since is how long a run has lasted when a line tells that it goes on.
var since = regexp.MustCompile(`^(.*(?:depuis|for) )[0-9]+ (?:s|min)(?: [0-9]+ s)?( ?):`)

// TestFollower_words is what a pipe is told; of lines that repeat, the first.
func TestFollower_words(t *testing.T) {
	for lang, want := range map[string][]string{
		"fr": {
			"premiers regards : 3 à faire",
			"toujours en cours, depuis D : premiers regards 0/3 ; en cours : portes dpi, portes imagerie?[2J, portes paie",
			"1/3 portes dpi (30 s)",
			"toujours en cours, depuis D : premiers regards 1/3 ; seconds regards 0/1 ; en cours : portes imagerie?[2J, portes paie",
			"2/3 portes imagerie?[2J (1 min 30 s)",
			"toujours en cours, depuis D : premiers regards 2/3 ; seconds regards 0/2 ; en cours : portes paie",
			"3/3 portes paie (4 min)",
			"écarts à confirmer : second regard à HH:MM:SS (Ctrl-C rend compte sans attendre, les écarts restant à confirmer)",
			"toujours en cours, depuis D : seconds regards 0/3 ; le prochain dans 5 min 57 s",
			"toujours en cours, depuis D : seconds regards 0/3 ; en cours : portes dpi, portes imagerie?[2J, portes paie",
			"second regard 1/3 : portes dpi (30 s)",
			"toujours en cours, depuis D : seconds regards 1/3 ; en cours : portes imagerie?[2J, portes paie",
			"second regard 2/3 : portes imagerie?[2J (1 min 30 s)",
			"toujours en cours, depuis D : seconds regards 2/3 ; en cours : portes paie",
			"second regard 3/3 : portes paie (4 min)",
			"jugement de ce qui a été vu",
			"connexions ouvertes : 12, vers 1 adresse(s)",
		},
		"en": {
			"first looks: 3 to make",
			"still working, for D: first looks 0/3; looking at: portes dpi, portes imagerie?[2J, portes paie",
			"1/3 portes dpi (30 s)",
			"still working, for D: first looks 1/3; second looks 0/1; looking at: portes imagerie?[2J, portes paie",
			"2/3 portes imagerie?[2J (1 min 30 s)",
			"still working, for D: first looks 2/3; second looks 0/2; looking at: portes paie",
			"3/3 portes paie (4 min)",
			"failures to confirm: second look at HH:MM:SS (Ctrl-C reports at once, the failures staying to be confirmed)",
			"still working, for D: second looks 0/3; the next one in 5 min 57 s",
			"still working, for D: second looks 0/3; looking at: portes dpi, portes imagerie?[2J, portes paie",
			"second look 1/3: portes dpi (30 s)",
			"still working, for D: second looks 1/3; looking at: portes imagerie?[2J, portes paie",
			"second look 2/3: portes imagerie?[2J (1 min 30 s)",
			"still working, for D: second looks 2/3; looking at: portes paie",
			"second look 3/3: portes paie (4 min)",
			"judging what was seen",
			"connections opened: 12, to 1 address(es)",
		},
	} {
		t.Run(lang, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				again := time.Now().Add(before + 10*time.Minute).Local().Format(time.TimeOnly)
				said := strings.NewReplacer("\u00a0", " ", again, "HH:MM:SS").Replace(followed(t, lang, 0).heard.String())
				var kept []string
				for line := range strings.Lines(said) {
					line = strings.TrimSpace(line)
					line = since.ReplaceAllString(line, "${1}D${2}:")
					kind := line
					if strings.Contains(line, "dans ") || strings.Contains(line, " in ") {
						kind = line[:strings.LastIndexAny(line, ";")] // the time left changes
					}
					if len(kept) == 0 || !strings.HasPrefix(kept[len(kept)-1], kind) {
						kept = append(kept, line)
					}
				}
				for i, line := range kept { // looks that begin together do so in whatever order
					if before, names, ok := strings.Cut(line, ": portes"); ok && strings.Contains(names, ",") {
						list := strings.Split(" portes"+names, ",")
						slices.Sort(list)
						kept[i] = before + ":" + strings.Join(list, ",")
					}
				}
				if diff := cmp.Diff(want, kept); diff != "" {
					t.Errorf("said (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestFollower_holdsUpNoRun: a terminal that was stopped, or a pager nobody scrolls,
// takes nothing more, and the run goes on.
func TestFollower_holdsUpNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read, written := io.Pipe()
		f := (&app{err: written, lang: cli.LanguageOf(nil)}).follow()
		began := time.Now()
		for i := range 1000 {
			f.tell(engine.Progress{Phase: engine.PhaseFirst, Done: i, Total: 1000, Task: scanner.Task{Probe: "dns", Target: scanner.DomainTarget("chu.test")}})
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the run waited %s for its reader", took)
		}
		go func() { _, _ = io.Copy(io.Discard, read) }()
		f.end()
		written.Close()
	})
}

// TestFollower_manyLooks names a few of the looks under way, and says how long the
// others may take when that is known.
func TestFollower_manyLooks(t *testing.T) {
	p := engine.Progress{Phase: engine.PhaseFirst, Done: 12, Total: 93, Waiting: 47, Left: 3 * time.Minute}
	for i := range 34 {
		p.Looking = append(p.Looking, scanner.Task{Probe: "templates", Target: scanner.Target{Kind: scanner.KindSite, ID: fmt.Sprintf("https://%s%d.test", strings.Repeat("long-", 10), i)}})
	}
	a := &app{lang: cli.LanguageOf([]string{"--lang", "fr"})}
	const name = "templates https://long-long-long-long-long-long-long-long…"
	want := "premiers regards 12/93 ; encore 3 min environ ; en cours : " + name + ", " + name + ", " + name + " et 31 de plus ; en attente de leur tour : 47"
	if diff := cmp.Diff(want, strings.ReplaceAll(a.sofar(p, time.Now()), "\u00a0", " ")); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

// TestDaemonShowsTheRunUnderWay: the page knows what a run looks at while it lasts, and
// forgets it when it ends.
func TestDaemonShowsTheRunUnderWay(t *testing.T) {
	h := newHourly(t)
	looking := engine.Progress{Phase: engine.PhaseFirst, Total: 9}
	for i := range 5 {
		looking.Looking = append(looking.Looking, scanner.Task{Probe: "dns", Target: scanner.DomainTarget(fmt.Sprintf("d%d.test", i))})
	}
	h.daemon.look = func(context.Context) (scanner.Run, error) {
		if begun := h.daemon.now.Load(); begun == nil || begun.Phase != "" {
			t.Errorf("a run that gets ready is shown as %+v", begun)
		}
		h.daemon.note(looking)
		now := underWay(*h.daemon.now.Load())
		if diff := cmp.Diff([]string{"dns d0.test", "dns d1.test", "dns d2.test"}, now.Names); diff != "" || now.More != 2 {
			t.Errorf("names (-want +got), and %d more, want 2:\n%s", now.More, diff)
		}
		return scanner.Run{}, context.Canceled
	}
	h.daemon.runOnce(t.Context())
	if left := h.daemon.now.Load(); left != nil {
		t.Errorf("a run that ended is shown: %+v", left)
	}
}
